//! What came of a run, in one sentence.

use sandbox_engine::output::Summary;

use crate::human;

/// What came of a run, in one sentence: objectives, leak, what was not served, and the cost against calm weather.
#[must_use]
pub fn verdict(summary: &Summary) -> String {
    let missed = summary.objectives.iter().filter(|objective| !objective.met).count();
    let promises = match (missed, summary.objectives.len()) {
        (_, 0) => String::new(),
        (0, 1) => "The objective was met: ".to_owned(),
        (_, 1) => "The objective was missed: ".to_owned(),
        (0, all) => format!("All {all} objectives were met: "),
        (1, all) => format!("1 of {all} objectives was missed: "),
        (n, all) if n == all => format!("All {all} objectives were missed: "),
        (n, all) => format!("{n} of {all} objectives were missed: "),
    };
    let text = format!("{promises}{}.", traffic(summary));
    // Without objectives the rest begins the sentence.
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn traffic(summary: &Summary) -> String {
    let requests = &summary.requests;
    let arrived = match requests.arrived {
        0 => return "no request arrived".to_owned(),
        1 => "1 request".to_owned(),
        n => format!("{} requests", human::count(n)),
    };
    let share = |n: u64| human::percent(n as f64 / requests.arrived as f64);
    let leaked = match (requests.leaked, summary.leak.avoidable_share) {
        (0, _) => format!("none of {arrived} leaked"),
        (n, Some(avoidable)) if avoidable > 0.0 => {
            format!("{} % of {arrived} leaked ({} % avoidably)", share(n), human::percent(avoidable))
        }
        (n, _) => format!("{} % of {arrived} leaked (none avoidably)", share(n)),
    };
    let lost = match requests.failed + requests.shed {
        0 => "all were served".to_owned(),
        n if n == requests.arrived => "none were served".to_owned(),
        n => format!("{} % were not served", share(n)),
    };
    // Those that had not ended with the scenario are neither served nor lost.
    let lost = match (requests.failed + requests.shed, requests.in_flight) {
        (0, 1..) => "none failed".to_owned(),
        _ => lost,
    };
    let (total, twin) = (human::decimal(&summary.cost_usd.total), human::decimal(&summary.cost_usd.twin));
    let premium = human::decimal(&summary.cost_usd.premium);
    let against = match human::change(premium.abs(), twin) {
        None => String::new(),
        Some(_) if premium == 0.0 => ", as much as in calm weather".to_owned(),
        Some(change) => {
            let side = if premium > 0.0 { "more" } else { "less" };
            format!(", {} % {side} than in calm weather", change.trim_start_matches('+'))
        }
    };
    format!("{leaked}, {lost}, and it cost {}{against}", human::dollars(total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Shape, cases, day};

    fn sentence(change: impl FnOnce(&mut Summary)) -> String {
        let mut summary = day().run().summary;
        change(&mut summary);
        verdict(&summary)
    }

    #[test]
    fn it_counts_what_was_promised_and_what_became_of_the_requests() {
        let all: Vec<String> = cases::all()
            .into_iter()
            .map(|(name, shape)| format!("{name}: {}", verdict(&shape.run().summary)))
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn it_claims_no_more_than_is_known() {
        let served = sentence(|summary| {
            (summary.requests.failed, summary.requests.in_flight) = (0, 3);
            summary.objectives.clear();
        });
        assert!(served.contains("none failed") && !served.contains("all were served"), "{served}");
        let even = sentence(|summary| summary.cost_usd.premium = "0".to_owned());
        assert!(even.ends_with("as much as in calm weather."), "{even}");
        let cheaper = sentence(|summary| summary.cost_usd.premium = "-1".to_owned());
        assert!(cheaper.contains(" % less than in calm weather."), "{cheaper}");
        let free = sentence(|summary| summary.cost_usd.twin = "0".to_owned());
        assert!(!free.contains("calm weather"), "{free}");
        let silent = Shape { peak_per_minute: 0, warm_up_s: 0, ..day() }.run().summary;
        let silent = verdict(&Summary { objectives: Vec::new(), ..silent });
        assert!(silent.starts_with("None of ") || silent == "No request arrived.", "{silent}");
    }
}

//! What a search for broken promises prints: what was found, or how much was covered. At most 80 columns but for lines
//! that must stay in one piece: commands, scripts, names of files.

use sandbox_engine::output::Summary;

use super::paint::{Paint, Tint};
use super::{WIDTH, field, fold};
use crate::human;

/// Columns of the names in front.
const NAMES: usize = 13;

/// A promise that an outage script breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The property's name, or the objective as it was written.
    pub name: String,
    /// What the property says.
    pub says: Option<String>,
    /// What happened, in one sentence.
    pub sentence: String,
    /// How the script came about: `case 412 with 3 faults, shrunk to 1 in 37 runs`.
    pub origin: String,
    /// The script in RON.
    pub script: String,
    /// The command that runs it again.
    pub repro: String,
    /// The fingerprint of that run; none if it came to no end.
    pub fingerprint: Option<String>,
    /// Files that were written.
    pub files: Vec<String>,
}

/// What broke a promise.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Breach {
    /// What happened, without a full stop.
    pub what: String,
    /// The request with which it was seen: `request 517 of cn-chat`.
    pub request: Option<String>,
    /// When it was seen, by the scenario's clock.
    pub at: Option<String>,
}

/// What happened, in one sentence: what broke the promise, then how the requests of the whole run ended and what it cost.
#[must_use]
pub fn sentence(breach: &Breach, summary: Option<&Summary>) -> String {
    let mut text = breach.what.clone();
    match (&breach.request, &breach.at) {
        (Some(request), Some(at)) => text.push_str(&format!(" ({request}, at {at})")),
        (Some(place), None) => text.push_str(&format!(" ({place})")),
        (None, Some(at)) => text.push_str(&format!(" (at {at})")),
        (None, None) => {}
    }
    let Some(summary) = summary else { return text };
    let requests = &summary.requests;
    let lost = requests.failed + requests.shed;
    let lost = if lost == 0 { "none".to_owned() } else { human::count(lost) };
    let cost = human::decimal(&summary.cost_usd.total);
    let twin = human::decimal(&summary.cost_usd.twin);
    let gap = match (cost - twin, human::change(cost - twin, twin)) {
        (0.0, _) => "as much as its control twin".to_owned(),
        (gap, change) => {
            let change = change.map_or_else(String::new, |change| format!(" ({change} %)"));
            format!("{}{change} against its control twin", human::dollars_signed(gap))
        }
    };
    let (arrived, cost) = (human::count(requests.arrived), human::dollars(cost));
    text.push_str(&format!("; {lost} of the run's {arrived} requests failed, and it cost {cost}, {gap}"));
    text
}

/// What was found, ending with a line break.
#[must_use]
pub fn finding_text(finding: &Finding, paint: Paint) -> String {
    let mut text = String::new();
    let name = human::cut(&finding.name, WIDTH - NAMES);
    let mark = paint.tint(Tint::Bad, &format!("{:<11}", "✗ broken"));
    text.push_str(&format!("{mark}  {}\n", paint.tint(Tint::Strong, &name)));
    if let Some(says) = &finding.says {
        wrapped(&mut text, paint, "", says);
    }
    wrapped(&mut text, paint, "what", &finding.sentence);
    wrapped(&mut text, paint, "script", &finding.origin);
    for line in finding.script.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    field(&mut text, paint, "repro", &finding.repro);
    if let Some(fingerprint) = &finding.fingerprint {
        field(&mut text, paint, "fingerprint", fingerprint);
    }
    for (number, file) in finding.files.iter().enumerate() {
        field(&mut text, paint, if number == 0 { "wrote" } else { "" }, file);
    }
    text
}

/// How much was covered by a search that found nothing.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Covered {
    /// Scripts that were run.
    pub cases: u64,
    /// Seed of the search.
    pub seed: u64,
    /// Properties and objectives that were held.
    pub held: Vec<String>,
    /// Properties that say nothing of this scenario.
    pub silent: Vec<String>,
    /// Properties that say little of this scenario, and why.
    pub too_short: Option<String>,
    /// Properties that would say something and were not held, because nobody asked.
    pub unasked: Vec<String>,
    /// Groups of things that were counted, or that never came up.
    pub groups: Vec<Group>,
}

/// Things of one sort with their numbers of cases.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Group {
    /// What they are: `fault kinds`, at most 11 letters; what a router came to believe is `by` its name.
    pub name: String,
    /// Each with the number of cases in which it came up, in the order in which they are told.
    pub counted: Vec<(String, u64)>,
}

/// How much was covered, ending with a line break.
#[must_use]
pub fn covered_text(covered: &Covered, paint: Paint) -> String {
    let mut text = String::new();
    let mark = paint.tint(Tint::Good, &format!("{:<11}", "✓ held"));
    let cases = format!("in {} cases, seed {}", human::count(covered.cases), covered.seed);
    text.push_str(&format!("{mark}  {cases}\n"));
    let promises = if covered.held.is_empty() { "none".to_owned() } else { covered.held.join(", ") };
    wrapped(&mut text, paint, "promises", &promises);
    if !covered.silent.is_empty() {
        wrapped(&mut text, paint, "say nothing", &covered.silent.join(", "));
    }
    if let Some(too_short) = &covered.too_short {
        wrapped(&mut text, paint, "say little", too_short);
    }
    if !covered.unasked.is_empty() {
        let unasked = covered.unasked.join(", ");
        wrapped(&mut text, paint, "not held", &format!("{unasked} (--property metamorphic)"));
    }
    for group in &covered.groups {
        let seen = group.counted.iter().filter(|(_, cases)| *cases > 0);
        let words: Vec<String> =
            seen.map(|(name, cases)| format!("{name} {}", human::count(*cases))).collect();
        let words = if words.is_empty() { "none".to_owned() } else { words.join(", ") };
        match group.name.strip_prefix("by ") {
            Some(router) => wrapped(&mut text, paint, "believed", &format!("by {router}: {words}")),
            None => wrapped(&mut text, paint, &group.name, &words),
        }
    }
    let never = covered.groups.iter().flat_map(|group| {
        group.counted.iter().filter(|(_, cases)| *cases == 0).map(|(name, _)| {
            match group.name.strip_prefix("by ") {
                Some(router) => format!("{name} ({router})"),
                None => name.clone(),
            }
        })
    });
    let never: Vec<String> = never.collect();
    if !never.is_empty() {
        wrapped(&mut text, paint, "never", &never.join(", "));
    }
    text
}

/// The worst script that was found for a metric.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Bad {
    /// The metric, with its workload if it is of one.
    pub metric: String,
    /// What it comes to under the script.
    pub value: String,
    /// What it comes to without faults.
    pub calm: String,
    /// After how many runs it had come to what: from the first to the best.
    pub climb: Vec<(u64, String)>,
    /// Runs in all.
    pub runs: u64,
    /// The script in RON.
    pub script: String,
    /// The command that runs it again.
    pub repro: String,
    /// The fingerprint of that run.
    pub fingerprint: String,
    /// Files that were written.
    pub files: Vec<String>,
}

/// Most steps of the climb that are told.
const STEPS: usize = 6;

/// What is worst, ending with a line break.
#[must_use]
pub fn worst_text(bad: &Bad, paint: Paint) -> String {
    let mut text = String::new();
    let Bad { metric, value, calm, .. } = bad;
    field(&mut text, paint, "worst", &format!("{metric} {value} ({calm} without faults)"));
    // The first, and the last few: most of the way is made early.
    let skipped = bad.climb.len().saturating_sub(STEPS);
    let told = bad.climb.iter().enumerate().filter(|(step, _)| *step == 0 || *step > skipped);
    let steps: Vec<String> =
        told.map(|(_, (run, value))| format!("{value} at run {}", human::count(*run))).collect();
    wrapped(&mut text, paint, "found", &format!("{}, of {}", steps.join(", "), human::count(bad.runs)));
    field(&mut text, paint, "script", "");
    for line in bad.script.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    field(&mut text, paint, "repro", &bad.repro);
    field(&mut text, paint, "fingerprint", &bad.fingerprint);
    for (number, file) in bad.files.iter().enumerate() {
        field(&mut text, paint, if number == 0 { "wrote" } else { "" }, file);
    }
    text
}

/// A field whose value goes on in further lines.
pub(super) fn wrapped(text: &mut String, paint: Paint, name: &str, value: &str) {
    for (number, line) in fold(value, WIDTH - NAMES).iter().enumerate() {
        field(text, paint, if number == 0 { name } else { "" }, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn what_was_found_fits_the_screen() {
        let finding = Finding {
            name: "attempts".to_owned(),
            says: Some(
                "A request makes no more attempts at a router than the router's retries, fallbacks and hedges \
                 add up to."
                    .to_owned(),
            ),
            sentence: "attempt 4 of a request that may have 3: request 517 of cn-chat, at 19:12:03; in all 31 of \
                       5,419 requests failed, and the run cost $3.52, +$0.52 (+17.2 %) against its control twin"
                .to_owned(),
            origin: "case 412 with 3 faults, shrunk to 1 in 37 runs".to_owned(),
            script: "(\n    faults: [\n    ],\n)\n".to_owned(),
            repro: "sandbox run quick.ron --script fixtures/regressions/quick/attempts-01234567.ron".to_owned(),
            fingerprint: Some("0123456789abcdef".to_owned()),
            files: strings(&["fixtures/regressions/quick/attempts-01234567.ron", "out/x.png"]),
        };
        insta::assert_snapshot!(finding_text(&finding, Paint::Plain));
    }

    #[test]
    fn what_was_covered_fits_the_screen() {
        let group = |name: &str, counted: &[(&str, u64)]| Group {
            name: name.to_owned(),
            counted: counted.iter().map(|&(name, cases)| (name.to_owned(), cases)).collect(),
        };
        let covered = Covered {
            cases: 1000,
            seed: 1,
            held: strings(&["attempts", "residency", "filters", "retry-budget", "open-breaker", "recovers"]),
            silent: strings(&["hedges"]),
            too_short: Some("returns after late faults: `duration` is too short".to_owned()),
            unasked: strings(&["renaming", "splitting"]),
            groups: vec![
                group("fault kinds", &[("down", 1411), ("errors", 388), ("stall", 0)]),
                group("targets out", &[]),
            ],
        };
        let text = covered_text(&covered, Paint::Plain);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_is_worst_says_how_it_was_found() {
        let bad = Bad {
            metric: "leak_premium".to_owned(),
            value: "$3.10".to_owned(),
            calm: "$0.00".to_owned(),
            climb: (1..=9).map(|step| (step * step, format!("${step}.00"))).collect(),
            runs: 1000,
            script: "(\n    faults: [],\n)\n".to_owned(),
            repro: "sandbox run quick.ron --script out/worst.ron".to_owned(),
            fingerprint: "0123456789abcdef".to_owned(),
            files: strings(&["out/worst.ron"]),
        };
        insta::assert_snapshot!(worst_text(&bad, Paint::Plain));
    }
}

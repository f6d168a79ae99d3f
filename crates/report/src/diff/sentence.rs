//! What is different between two runs, and what that did, in one sentence.

use sandbox_engine::output::Summary;
use sandbox_model::Usd;

use super::numbers::money;
use super::{Change, Diff};
use crate::human;

pub(super) fn sentence(diff: &Diff, a: &Summary, b: &Summary) -> String {
    let cause = cause(diff);
    let weather = match (diff.paired.arrivals, diff.paired.outages) {
        (true, true) => ", on the same weather",
        (true, false) => "; the outages differ, so the runs are not paired",
        (false, true) => "; the arrivals differ, so the runs are not paired",
        (false, false) => "; arrivals and outages differ, so the runs are not paired",
    };
    let effect = match (diff.a.fingerprint == diff.b.fingerprint, objectives(diff)) {
        (true, None) => "the runs are the same, event by event".to_owned(),
        (true, Some(objectives)) => format!("the runs are the same, event by event; {objectives}"),
        (false, objectives) => {
            let parts = [Some(leaked(a, b)), lost(a, b), Some(cost(a, b))];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            let (last, first) = parts.split_last().map_or((String::new(), &[][..]), |(l, f)| (l.clone(), f));
            let objectives = objectives.map_or_else(String::new, |objectives| format!("; {objectives}"));
            format!("{}, and {last}{weather}{objectives}", first.join(", "))
        }
    };
    let text = format!("{cause}: {effect}.");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What was changed.
fn cause(diff: &Diff) -> String {
    // Promises and names move nothing.
    let moves = |change: &&Change| change.path != "name" && !change.path.starts_with("objectives");
    let changes: Vec<&Change> = diff.changes.iter().filter(moves).collect();
    let is_entry =
        |change: &&Change| change.path.starts_with("workloads.") && change.path.ends_with(".entry");
    let pairs = |change: &Change| (change.a.clone(), change.b.clone());
    let what = match &changes[..] {
        [] => None,
        [first, rest @ ..]
            if changes.iter().all(is_entry) && rest.iter().all(|c| pairs(c) == pairs(first)) =>
        {
            let router = |value: &Option<String>| code(value.as_deref().unwrap_or("none"));
            Some(format!("with {} instead of {}", router(&first.b), router(&first.a)))
        }
        all if all.iter().all(is_entry) => Some("with other routers".to_owned()),
        [Change { path, a, b }] => Some(match (a, b) {
            (Some(a), Some(b)) => format!("with {} {} instead of {}", code(path), code(b), code(a)),
            (None, Some(b)) => format!("with {} {}", code(path), code(b)),
            _ => format!("without {}", code(path)),
        }),
        many => Some(format!("with {} changes to the scenario", human::count(many.len() as u64))),
    };
    match (what, diff.paired.outages) {
        (Some(what), true) => what,
        (Some(what), false) => format!("{what} and under other outages"),
        (None, false) => "under other outages".to_owned(),
        (None, true) if diff.a.version != diff.b.version => "with another version of sandbox".to_owned(),
        (None, true) => "with nothing changed".to_owned(),
    }
}

/// A name or a value as code, without the quotes of RON. Nothing in it can end the code.
fn code(value: &str) -> String {
    let value = human::cut(value.trim_matches('"'), 60);
    format!("`{}`", value.replace('`', "'"))
}

fn leaked(a: &Summary, b: &Summary) -> String {
    let share = |s: &Summary| s.leak.share.map_or_else(|| "–".to_owned(), human::percent);
    let (before, after) = (a.requests.leaked, b.requests.leaked);
    let count = human::count;
    if a.requests.arrived != b.requests.arrived {
        return format!(
            "{} % of {} requests leaked instead of {} % of {}",
            share(b),
            count(b.requests.arrived),
            share(a),
            count(a.requests.arrived)
        );
    }
    let all = count(a.requests.arrived);
    match after.cmp(&before) {
        std::cmp::Ordering::Equal if after == 0 => format!("none of {all} requests leaked in either"),
        std::cmp::Ordering::Equal => format!("as many of {all} requests leaked ({} %)", share(a)),
        std::cmp::Ordering::Less => {
            format!(
                "{} fewer of {all} requests leaked ({} % → {} %)",
                count(before - after),
                share(a),
                share(b)
            )
        }
        std::cmp::Ordering::Greater => {
            format!(
                "{} more of {all} requests leaked ({} % → {} %)",
                count(after - before),
                share(a),
                share(b)
            )
        }
    }
}

/// Nothing if as many were lost.
fn lost(a: &Summary, b: &Summary) -> Option<String> {
    let of = |s: &Summary| s.requests.failed + s.requests.shed;
    let (before, after) = (of(a), of(b));
    let share = |s: &Summary| match s.requests.arrived {
        0 => "–".to_owned(),
        arrived => human::percent(of(s) as f64 / arrived as f64),
    };
    if a.requests.arrived != b.requests.arrived {
        return Some(format!("{} % were not served instead of {} %", share(b), share(a)));
    }
    let shares = || format!("({} % → {} %)", share(a), share(b));
    match after.cmp(&before) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less => {
            Some(format!("{} fewer were not served {}", human::count(before - after), shares()))
        }
        std::cmp::Ordering::Greater => {
            Some(format!("{} more were not served {}", human::count(after - before), shares()))
        }
    }
}

fn cost(a: &Summary, b: &Summary) -> String {
    let (Some(before), Some(after)) = (money(&a.cost_usd.total), money(&b.cost_usd.total)) else {
        return "nobody knows what it cost".to_owned();
    };
    let shown = |usd: Usd| human::dollars(usd.as_f64());
    let both = format!("({} → {})", shown(before), shown(after));
    match after.cmp(&before) {
        std::cmp::Ordering::Equal => format!("it cost as much ({})", shown(after)),
        std::cmp::Ordering::Less => format!("it cost {} less {both}", shown(before - after)),
        std::cmp::Ordering::Greater => format!("it cost {} more {both}", shown(after - before)),
    }
}

/// Objectives that were kept in one run only.
fn objectives(diff: &Diff) -> Option<String> {
    let of = |was: bool, is: bool| {
        let changed = diff.objectives.iter().filter(move |promise| {
            matches!((promise.a, promise.b), (Some(a), Some(b)) if a.met == was && b.met == is)
        });
        changed.map(|promise| code(&promise.expression)).collect::<Vec<_>>()
    };
    let words = |list: Vec<String>, what: &str| match list.len() {
        0 => None,
        1 => Some(format!("{} is {what} now", list[0])),
        n => Some(format!("{n} objectives are {what} now")),
    };
    let parts: Vec<String> =
        [words(of(true, false), "missed"), words(of(false, true), "met")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

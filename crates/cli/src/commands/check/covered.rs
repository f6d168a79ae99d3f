//! How much a search has covered, as it is told.

use sandbox_model::Cause;
use sandbox_report::terminal::{Covered, Group};
use sandbox_testkit::Belief;
use sandbox_testkit::search::{Coverage, Found};

use super::Checked;
use super::choose::Chosen;
use super::finding::Finding;

/// Most pairs of kinds that are told.
const PAIRS: usize = 5;

pub(super) fn told(checked: &Checked<'_>, chosen: &Chosen, found: &Found, findings: &[Finding]) -> Covered {
    let coverage = &found.coverage;
    let mut held = chosen.names();
    held.retain(|name| findings.iter().all(|finding| finding.told.name != *name));
    Covered {
        cases: coverage.cases,
        seed: checked.args.seed,
        held,
        silent: chosen.silent.clone(),
        groups: vec![
            faults(coverage),
            kinds(checked, coverage),
            overlaps(coverage),
            targets(checked, coverage),
        ]
        .into_iter()
        .chain(beliefs(coverage))
        .chain([requests(coverage), leaks(coverage)])
        .collect(),
    }
}

fn group(name: &str, counted: impl IntoIterator<Item = (String, u64)>) -> Group {
    Group { name: name.to_owned(), counted: counted.into_iter().collect() }
}

fn faults(coverage: &Coverage) -> Group {
    let by = coverage.by_faults.iter().map(|(&faults, &cases)| {
        (if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }, cases)
    });
    group("faults", by)
}

fn kinds(checked: &Checked<'_>, coverage: &Coverage) -> Group {
    let seen = |name: &str| coverage.kinds.get(name).copied().unwrap_or(0);
    group("fault kinds", checked.weather.kinds().into_iter().map(|name| (name.to_owned(), seen(name))))
}

/// The pairs that came up most often, and all there are.
fn overlaps(coverage: &Coverage) -> Group {
    let mut pairs: Vec<_> = coverage.overlaps.iter().collect();
    pairs.sort_by_key(|&(pair, &cases)| (std::cmp::Reverse(cases), pair));
    let all = pairs.len();
    let mut counted: Vec<(String, u64)> =
        pairs.into_iter().take(PAIRS).map(|((a, b), &cases)| (format!("{a}+{b}"), cases)).collect();
    if all > PAIRS {
        counted.push(("pairs in all:".to_owned(), all as u64));
    }
    counted.push(("several targets at one instant".to_owned(), coverage.common_cause));
    group("overlaps", counted)
}

fn targets(checked: &Checked<'_>, coverage: &Coverage) -> Group {
    let seen = |name: &str| coverage.targets.get(name).copied().unwrap_or(0);
    let all = checked.weather.targets().into_iter().map(|name| (name.to_owned(), seen(name)));
    group("hit", all)
}

/// What routers came to believe of their targets.
fn beliefs(coverage: &Coverage) -> Vec<Group> {
    let of = |belief: Belief, word: &'static str| {
        let all = coverage.beliefs.iter();
        all.map(move |known| (format!("{} {word} for {}", known.target, known.router), known.of(belief)))
    };
    // Not every router waits for a probe: only where one did it is worth a word.
    let probing = of(Belief::Probing, "awaits a probe").filter(|(_, cases)| *cases > 0);
    vec![group("believed", of(Belief::Out, "out").chain(probing).chain(of(Belief::Back, "back")))]
}

fn requests(coverage: &Coverage) -> Group {
    let words = ["served as planned", "leaked", "failed", "shed"];
    group("requests", words.into_iter().map(str::to_owned).zip(coverage.outcomes))
}

fn leaks(coverage: &Coverage) -> Group {
    // Most causes cannot come up in most scenarios.
    let causes = Cause::ALL.iter().map(|cause| cause.name().to_owned()).zip(coverage.causes);
    group("leaks by", causes.filter(|(_, cases)| *cases > 0))
}

//! Scripts are as likely as this module's documentation says.
//!
//! Draws are of fixed seeds, so a test passes always or never; its bounds are such that of laws that hold one in a million
//! would be refused.

use std::path::Path;

use sandbox_core::{Draw, Seed, Span, Time};
use sandbox_model::{Fault, OutageScript};
use sandbox_scenario::Resolved;

use super::draw::{Shape, script};
use super::kinds::{self, KINDS};
use super::{Weather, downtime};

const CASES: u64 = 20_000;

/// A day, three providers, a grid that has the primary too, a gateway, links.
fn weather() -> Weather {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/asia-peak-overflow.ron");
    Weather::new(&Resolved::load(&path, &[]).unwrap_or_else(|invalid| panic!("{invalid}")))
}

fn rng(case: u64) -> Draw {
    Seed::new(3).noise("likelihoods").at(case, 0)
}

fn drawn(weather: &Weather) -> impl Iterator<Item = (Shape, OutageScript)> {
    (0..CASES).map(|case| script(weather, &mut rng(case)))
}

fn alone(weather: &Weather) -> Vec<Fault> {
    let weather = weather.clone().with_faults_max(1);
    drawn(&weather).flat_map(|(_, script)| script.faults).collect()
}

/// Pearson's test of counts against weights.
#[track_caller]
fn assert_law(counts: &[u64], weights: &[f64]) {
    let all: u64 = counts.iter().sum();
    let total: f64 = weights.iter().sum();
    let mut chi_square = 0.0;
    for (count, weight) in counts.iter().zip(weights) {
        let expected = all as f64 * weight / total;
        chi_square += (*count as f64 - expected) * (*count as f64 - expected) / expected;
    }
    // Wilson and Hilferty's quantile, at a chance of one in a million (4.753 standard deviations).
    let freedom = (counts.len() - 1) as f64;
    let root = 1.0 - 2.0 / (9.0 * freedom) + 4.753 * libm::sqrt(2.0 / (9.0 * freedom));
    let bound = freedom * root * root * root;
    assert!(chi_square < bound, "{chi_square} of {bound}: {counts:?}");
}

/// That a share is at least so much, but for chance.
#[track_caller]
fn assert_share_at_least(count: usize, of: usize, share: f64) {
    let sigma = libm::sqrt(share * (1.0 - share) * of as f64);
    assert!(count as f64 > share * of as f64 - 4.753 * sigma, "{count} of {of}");
}

#[test]
fn the_number_of_faults_has_weights_of_one_over_n() {
    let mut counts = [0; 5];
    for (_, script) in drawn(&weather().with_faults_max(5)) {
        counts[script.faults.len() - 1] += 1;
    }
    assert_law(&counts, &[1.0, 0.5, 1.0 / 3.0, 0.25, 0.2]);
}

#[test]
fn shapes_have_their_weights() {
    let shapes = [Shape::Apart, Shape::Common, Shape::Edges, Shape::Flaps, Shape::Elsewhere];
    let mut counts = [0; 5];
    for (shape, _) in drawn(&weather()) {
        if let Some(index) = shapes.iter().position(|known| *known == shape) {
            counts[index] += 1;
        }
    }
    assert_law(&counts, &[4.0, 4.0, 5.0, 3.0, 4.0]);
}

#[test]
fn kinds_are_alike() {
    let mut counts = [0; KINDS.len()];
    alone(&weather()).iter().for_each(|fault| counts[kinds::index(&fault.kind)] += 1);
    assert_law(&counts, &[1.0; KINDS.len()]);
}

#[test]
fn most_cases_have_few_kinds_and_some_have_many() {
    // Of eight faults apart from each other; a third of the cases has one kind.
    let weather = weather().with_faults_max(8);
    let scripts: Vec<_> = drawn(&weather)
        .filter(|(shape, script)| *shape == Shape::Apart && script.faults.len() == 8)
        .map(|(_, script)| {
            let mut kinds: Vec<usize> = script.faults.iter().map(|f| kinds::index(&f.kind)).collect();
            kinds.sort_unstable();
            kinds.dedup();
            kinds.len()
        })
        .collect();
    assert_share_at_least(scripts.iter().filter(|kinds| **kinds == 1).count(), scripts.len(), 1.0 / 3.0);
    assert_share_at_least(scripts.iter().filter(|kinds| **kinds >= 4).count(), scripts.len(), 0.2);
}

#[test]
fn episodes_start_uniformly_within_their_time() {
    let weather = weather();
    let (open, late) = (weather.reach.open, weather.reach.late);
    let mut counts = [0; 20];
    for fault in alone(&weather) {
        // Grains are a thousandth of a bin.
        let at = fault.from.since(open).as_nanos() * 20 / late.since(open).as_nanos();
        counts[at as usize] += 1;
    }
    assert_law(&counts, &[1.0; 20]);
}

#[test]
fn half_of_the_faults_and_more_hit_the_plan() {
    let weather = weather();
    let faults: Vec<_> = alone(&weather);
    // Links are no plan's, and whatever hits a node can hit a plan.
    let nodes: Vec<_> = faults.iter().filter(|f| !f.target.contains('>')).collect();
    let plans = nodes.iter().filter(|f| weather.place(&f.target).expect("drawn").plan).count();
    assert_share_at_least(plans, nodes.len(), 0.5);
    // And every place is hit.
    for place in &weather.reach.places {
        assert!(faults.iter().any(|fault| fault.target == place.name), "{place:?}");
    }
}

#[test]
fn a_quarter_of_the_lengths_are_spans_of_the_routers() {
    let weather = weather();
    let lengths: Vec<Span> = alone(&weather).iter().map(|fault| fault.until.since(fault.from)).collect();
    let met = lengths.iter().filter(|length| weather.spans().contains(length)).count();
    assert_share_at_least(met, lengths.len(), 0.125);
    let near = |length: &Span| weather.spans().iter().any(|span| apart(*span, *length) <= 1_000_000);
    assert_share_at_least(lengths.iter().filter(|length| near(length)).count(), lengths.len(), 0.25);
    let short = lengths.iter().filter(|length| **length <= Span::from_secs(2)).count();
    assert_share_at_least(short, lengths.len(), 0.125);
    let long = lengths.iter().filter(|length| **length >= Span::from_secs(60)).count();
    assert_share_at_least(long, lengths.len(), 0.125);
}

fn apart(a: Span, b: Span) -> u64 {
    a.as_nanos().abs_diff(b.as_nanos())
}

#[test]
fn half_of_the_edges_are_met_exactly_and_the_others_just_missed() {
    let weather = weather().with_faults_max(2);
    let pairs: Vec<OutageScript> =
        drawn(&weather).filter(|(shape, _)| *shape == Shape::Edges).map(|(_, script)| script).collect();
    let ends = |fault: &Fault| [fault.from, fault.until];
    let spans: Vec<Span> = weather.spans().iter().copied().chain([Span::ZERO]).collect();
    let within = |script: &&OutageScript, miss: u64| {
        let [one, two] = &script.faults[..] else { return false };
        let edges = |a: Time, b: Time| {
            let between = Span::from_nanos(a.as_nanos().abs_diff(b.as_nanos()));
            spans.iter().any(|span| apart(*span, between) <= miss)
        };
        ends(one).iter().any(|a| ends(two).iter().any(|b| edges(*a, *b)))
    };
    assert_share_at_least(pairs.iter().filter(|pair| within(pair, 0)).count(), pairs.len(), 0.5);
    // Nothing else is drawn, but for what is cut where the time of faults is over: in a day, hardly ever.
    assert_share_at_least(pairs.iter().filter(|pair| within(pair, 1_000_000)).count(), pairs.len(), 0.99);
}

#[test]
fn flapping_has_a_span_of_the_routers_as_its_period_or_gap() {
    let weather = weather().with_faults_max(3);
    let near = |span: Span| weather.spans().iter().any(|own| apart(*own, span) <= 1_000_000);
    let flaps: Vec<_> = drawn(&weather).filter(|(shape, _)| *shape == Shape::Flaps).collect();
    let whole = flaps.iter().filter(|(_, script)| {
        script.faults.windows(2).all(|pair| {
            near(pair[1].from.since(pair[0].from)) || near(pair[1].from.saturating_since(pair[0].until))
        })
    });
    // What does not fit before the end is put there.
    assert_share_at_least(whole.count(), flaps.len(), 0.9);
}

#[test]
fn the_budget_is_kept_and_used() {
    let budget = Span::from_secs(30);
    let weather = weather().with_faults_max(4).with_downtime_max(budget);
    let totals: Vec<Span> = drawn(&weather).map(|(_, script)| downtime(&script.faults)).collect();
    assert!(totals.iter().all(|total| *total <= budget));
    assert!(totals.contains(&budget));
}

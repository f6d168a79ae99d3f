//! Incidents of the shipped records: how long, how often, when in the week, how many places at once.
//!
//! The laws are those that `weather.incidents` writes into a scenario, and the profiles are the shipped ones; what they are
//! held against is written here from what was published.

use sandbox_core::{Seed, Span, Time};
use sandbox_engine::weather::windows;
use sandbox_model::{Curve, Fault, FaultKind};
use sandbox_scenario::file::Process;

use crate::check::{Check, Finding};
use crate::statistics::{
    Estimate, NORMAL, REPLICATIONS, chi_square, chi_square_limit, kolmogorov_limit, kolmogorov_smirnov, lift,
    met, normal_cdf,
};
use crate::weather::{FAILS, drawn, hours, scenario};

const GROUP: &str = "Incidents of the records";
/// 520 weeks.
const TEN_YEARS: &str = "87360h";

/// A provider's record, as published: re-analysis of FAILS.
struct Published {
    /// Part of the names of its checks.
    id: &'static str,
    name: &'static str,
    /// As a scenario writes it.
    record: &'static str,
    profile: &'static str,
    /// Gap from the end of one to the start of the next: Weibull, mean [h] and shape.
    gap: (f64, f64),
    /// Lognormal, median [h] and standard deviation of the logarithm.
    repair: (f64, f64),
    /// Shares of the starts by hour (UTC).
    hours: [f64; 24],
    /// Shares of the starts by weekday, Monday first.
    days: [f64; 7],
    /// Squared coefficient of variation of its gaps, rounded up.
    spread: f64,
    availability: f64,
}

const PUBLISHED: [Published; 2] = [
    Published {
        id: "openai",
        name: "OpenAI",
        record: "OpenAi",
        profile: "OpenAiIncidents",
        gap: (127.8, 0.67),
        repair: (1.28, 1.23),
        hours: [
            0.046, 0.034, 0.017, 0.029, 0.019, 0.017, 0.019, 0.024, 0.022, 0.012, 0.012, 0.015, 0.019, 0.041,
            0.048, 0.056, 0.060, 0.075, 0.080, 0.109, 0.070, 0.051, 0.070, 0.056,
        ],
        days: [0.130, 0.186, 0.239, 0.186, 0.186, 0.048, 0.024],
        spread: 2.4,
        availability: 0.9982,
    },
    Published {
        id: "anthropic",
        name: "Anthropic",
        record: "Anthropic",
        profile: "AnthropicIncidents",
        gap: (87.5, 0.70),
        repair: (1.30, 1.41),
        hours: [
            0.031, 0.044, 0.053, 0.031, 0.022, 0.013, 0.018, 0.004, 0.022, 0.022, 0.009, 0.036, 0.013, 0.040,
            0.071, 0.058, 0.084, 0.080, 0.071, 0.058, 0.058, 0.058, 0.067, 0.036,
        ],
        days: [0.191, 0.231, 0.156, 0.209, 0.133, 0.053, 0.027],
        spread: 2.2,
        availability: 0.9992,
    },
];

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    for of in &PUBLISHED {
        let id = |what: &str| format!("incident-{what}-{}", of.id);
        checks.push(Check::new(id("gaps"), GROUP, || gaps(of)));
        checks.push(Check::new(id("repairs"), GROUP, || repairs(of)));
        checks.push(Check::new(id("hours"), GROUP, || hours_of_the_day(of)));
        checks.push(Check::new(id("weekdays"), GROUP, || weekdays(of)));
        checks.push(Check::new(id("week"), GROUP, || week(of)));
        checks.push(Check::new(id("availability"), GROUP, || availability(of)));
    }
    checks.extend([
        Check::new("incident-lift", GROUP, lift_independent),
        Check::new("incident-lift-calendar", GROUP, lift_calendar),
        Check::new("incident-lift-common-cause", GROUP, lift_common_cause),
        Check::new("incident-components", GROUP, components),
        Check::new("incident-together", GROUP, || together(false)),
        Check::new("incident-together-common-cause", GROUP, || together(true)),
    ]);
    checks
}

/// The incident process of a record, as a scenario gets it.
fn incidents(of: &Published) -> Process {
    let weather = format!(r#"incidents: [(target: "a", like: {}, micro: false, spikes: false)]"#, of.record);
    scenario("1h", &weather).scenario.weather.processes.remove(0)
}

/// Its gaps and repairs [h] over 400 years without a calendar. The last repair is cut at the end and left out.
fn centuries(of: &Published) -> (Vec<f64>, Vec<f64>) {
    let end = Time::ZERO + Span::from_hours(8_766 * 400);
    let mut last = Time::ZERO;
    let cycle = |(from, until): (Time, Time)| {
        let gap = hours(from.since(last));
        last = until;
        (gap, hours(until.since(from)))
    };
    let drawn = windows(&incidents(of), &Curve::constant(1.0), &Seed::new(1), end);
    let (gaps, mut repairs): (Vec<f64>, Vec<f64>) = drawn.into_iter().map(cycle).unzip();
    repairs.pop();
    (gaps, repairs)
}

fn law(what: String, expected: String, mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> Finding {
    let n = sample.len();
    let distance = kolmogorov_smirnov(&mut sample, cdf);
    let limit = kolmogorov_limit(n);
    Finding {
        what,
        expected,
        source: FAILS.to_owned(),
        measured: format!("distance D = {distance:.4}, median {:.2} h", sample[n / 2]),
        interval: format!("D below {limit:.4} (Kolmogorov–Smirnov at 99.9 %, n = {n})"),
        holds: distance < limit && n > 20_000,
    }
}

fn gaps(of: &Published) -> Finding {
    let (mean, shape) = of.gap;
    let scale = mean / libm::tgamma(1.0 + 1.0 / shape);
    law(
        format!(
            "Gaps between incidents like {}'s, from end to start, over 400 years without calendar",
            of.name
        ),
        format!("Weibull, shape {shape}, mean {mean} h"),
        centuries(of).0,
        |x| 1.0 - libm::exp(-libm::pow(x / scale, shape)),
    )
}

fn repairs(of: &Published) -> Finding {
    let (median, sigma) = of.repair;
    law(
        format!("Lengths of incidents like {}'s over 400 years", of.name),
        format!("lognormal, median {median} h, σ {sigma}"),
        centuries(of).1,
        |x| normal_cdf(libm::log(x / median) / sigma),
    )
}

/// Starts over ten years, drawn from so many seeds, by hour and by weekday.
fn starts(of: &Published, own_laws: bool, seeds: u64) -> ([u64; 24], [u64; 7]) {
    // A scenario starts on a Monday at midnight.
    let weather = format!(
        r#"processes: [(name: "p", target: "a", kind: Down(), between: Exponential(mean: "84h"),
            lasting: Constant("1ms"), profile: {})]"#,
        of.profile
    );
    let resolved = scenario(TEN_YEARS, &weather);
    let mut process = resolved.scenario.weather.processes[0].clone();
    if own_laws {
        let own = incidents(of);
        (process.between, process.lasting) = (own.between, own.lasting);
    }
    let end = Time::ZERO + resolved.scenario.duration;
    let (mut by_hour, mut by_day) = ([0; 24], [0; 7]);
    for seed in 1..=seeds {
        for (from, _) in windows(&process, &resolved.process_speed[0], &Seed::new(seed), end) {
            let hour = (from.as_nanos() / Span::from_hours(1).as_nanos()) as usize;
            by_hour[hour % 24] += 1;
            by_day[hour / 24 % 7] += 1;
        }
    }
    (by_hour, by_day)
}

/// Counts of a Poisson process, one in 84 h on average, over 20 times 87,360 h.
fn calendar(of: &Published, what: &str, expected: String, counts: &[u64], shares: &[f64]) -> Finding {
    let (statistic, limit) = (chi_square(counts, shares), chi_square_limit(counts.len()));
    let (n, mean) = (counts.iter().sum::<u64>(), 20_800.0_f64);
    let off = NORMAL * mean.sqrt();
    Finding {
        what: format!(
            "{what} of the starts of a process with exponential gaps and the shipped profile `{}`; 20 seeds of 520 weeks",
            of.profile
        ),
        expected,
        source: FAILS.to_owned(),
        measured: format!("χ² = {statistic:.1}, {n} starts"),
        interval: format!(
            "below {limit:.1} (χ² at 99.9 %, df = {}); starts 20800 ± {off:.0} (Poisson)",
            counts.len() - 1
        ),
        holds: statistic < limit && (n as f64 - mean).abs() < off,
    }
}

fn hours_of_the_day(of: &Published) -> Finding {
    let share = |hour: &usize| of.hours[*hour];
    let by = |a: &usize, b: &usize| share(a).total_cmp(&share(b));
    let (peak, trough) = ((0..24).max_by(by).unwrap_or(0), (0..24).min_by(by).unwrap_or(0));
    let expected = format!(
        "{}'s shares by hour: most at {peak}:00 UTC ({:.3}), least at {trough}:00 ({:.3})",
        of.name, of.hours[peak], of.hours[trough]
    );
    calendar(of, "Hours", expected, &starts(of, false, 20).0, &of.hours)
}

fn weekdays(of: &Published) -> Finding {
    let days: Vec<String> = of.days.iter().map(|share| format!("{share:.3}")).collect();
    let expected = format!("{}'s shares from Monday on: {}", of.name, days.join(" "));
    calendar(of, "Weekdays", expected, &starts(of, false, 20).1, &of.days)
}

/// With gaps that cluster, counts spread more than multinomial ones: by at most the squared coefficient of variation of
/// the gaps (the asymptotic variance of a renewal count). Repairs, during which no gap runs, shift shares by less than the
/// 4 % of the time that they take.
fn week(of: &Published) -> Finding {
    let (by_hour, by_day) = starts(of, true, 4);
    let (hour, day) = (chi_square(&by_hour, &of.hours), chi_square(&by_day, &of.days));
    let (most_hour, most_day) = (of.spread * chi_square_limit(24), of.spread * chi_square_limit(7));
    let n: u64 = by_day.iter().sum();
    Finding {
        what: format!(
            "Hours and weekdays of the starts with the gaps and lengths of {}'s record as well; 4 seeds of 520 weeks",
            of.name
        ),
        expected: "the same shares".to_owned(),
        source: FAILS.to_owned(),
        measured: format!("χ² = {hour:.1} by hour, {day:.1} by weekday, n = {n}"),
        interval: format!(
            "below {most_hour:.1} and {most_day:.1}: χ² at 99.9 % times {}, the squared coefficient of variation of the gaps, by which \
             clustered counts spread more",
            of.spread
        ),
        holds: hour < most_hour && day < most_day && n > 1_500,
    }
}

/// Hours lost to an incident: an outage counts whole and a partial one by its share of errors.
fn lost(fault: &Fault) -> f64 {
    let length = hours(fault.until.since(fault.from));
    match fault.kind {
        FaultKind::Down { .. } => length,
        FaultKind::Errors { share, .. } => length * share,
        _ => 0.0,
    }
}

fn availability(of: &Published) -> Finding {
    let weather = format!(r#"incidents: [(target: "a", like: {}, micro: false, spikes: false)]"#, of.record);
    let resolved = scenario(TEN_YEARS, &weather);
    // Few long outages make most of the loss: each replication is four times ten years.
    let found = Estimate::of_replications(|replication| {
        let seeds = 4 * replication..4 * (replication + 1);
        let lost: f64 = seeds.flat_map(|seed| drawn(&resolved, seed)).map(|fault| lost(&fault)).sum();
        1.0 - lost / (4.0 * 87_360.0)
    });
    // As published, to two digits of a per cent.
    let rounding = 0.000_05;
    Finding {
        what: format!(
            "Availability under {}'s record with its calendar, partial outages at weight 0.3; {REPLICATIONS} times 4 seeds of 520 weeks",
            of.name
        ),
        expected: format!("{:.2} %", 100.0 * of.availability),
        source: FAILS.to_owned(),
        measured: format!("{:.3} %", 100.0 * found.mean),
        interval: format!(
            "± {:.3} % (t, n = {REPLICATIONS}), and 0.005 % for the rounding of what was published",
            100.0 * found.half
        ),
        holds: found.contains(of.availability, rounding) && found.half < 0.25 * (1.0 - of.availability),
    }
}

/// Share of `b`'s incidents that have one of `a`'s within two hours, over what [`SHIFTS`] shifts of the latter's list give.
/// Rates are those of all services of a provider together: 0.486 and 0.378 a day.
fn lifts(common_cause: bool, shift: impl Fn(u64) -> u64) -> Estimate {
    let one = |name: &str, target: &str, mean: &str, profile: &str| {
        format!(
            r#"(name: "{name}", target: "{target}", kind: Down(), between: Weibull(mean: "{mean}", shape: 0.7),
                lasting: Lognormal(median: "1h 18m", sigma: 1.3), profile: {profile}),"#
        )
    };
    let mut processes =
        one("openai", "a", "46h", "OpenAiIncidents") + &one("anthropic", "b", "60h", "AnthropicIncidents");
    if common_cause {
        processes += r#"(name: "cdn", target: "a", kind: Down(), between: Exponential(mean: "1340h"),
            lasting: Constant("1h"), also: [(target: "b", chance: 1.0)]),"#;
    }
    let resolved = scenario(TEN_YEARS, &format!("processes: [{processes}]"));
    let end = resolved.scenario.duration;
    let shifts: Vec<Span> = (1..=SHIFTS).map(|step| Span::from_hours(shift(step))).collect();
    Estimate::of_replications(|seed| {
        let faults = drawn(&resolved, seed);
        let starts = |target: &str| -> Vec<Time> {
            faults.iter().filter(|fault| fault.target == target).map(|fault| fault.from).collect()
        };
        let (a, b) = (starts("a"), starts("b"));
        assert!(met(&b, &a, WINDOW) > 0.05, "there is something to compare");
        lift(&b, &a, WINDOW, end, &shifts)
    })
}

const SHIFTS: u64 = 25;
const WINDOW: Span = Span::from_hours(2);
/// Whole weeks keep the hour of the week.
const fn whole_weeks(step: u64) -> u64 {
    step * 20 * 168
}

fn lift_finding(what: &str, expected: &str, found: Estimate, rule: &str, holds: bool) -> Finding {
    Finding {
        what: format!(
            "{what}: how much more often an incident of the second has one of the first within two hours than when one list is shifted by {SHIFTS} spans; \
             {REPLICATIONS} seeds of 520 weeks"
        ),
        expected: expected.to_owned(),
        source: FAILS.to_owned(),
        measured: format!("{:.3}", found.mean),
        interval: format!("± {:.3} (t, n = {REPLICATIONS}); {rule}", found.half),
        holds,
    }
}

fn lift_independent() -> Finding {
    let found = lifts(false, whole_weeks);
    lift_finding(
        "Independent incidents with the shipped profiles of OpenAI and Anthropic, shifted by whole weeks",
        "1.0; 34 against 24.0 ± 4.5 of 211 were seen: a lift of 1.0 to 1.4",
        found,
        "it contains 1.0",
        found.contains(1.0, 0.0) && found.is_precise(1.0, 0.05),
    )
}

/// The null that was published without a calendar gives 15.8.
fn lift_calendar() -> Finding {
    let found = lifts(false, |step| whole_weeks(step) + step * 37);
    let (low, high) = ((24.0 - 4.5) / 15.8, (24.0 + 4.5) / 15.8);
    lift_finding(
        "The same, shifted by any number of hours, so that what the two weeks have in common counts",
        "24.0 ± 4.5 over 15.8 = 1.52 ± 0.28 (one standard deviation)",
        found,
        "inside the published standard deviation",
        found.mean - found.half > low && found.mean + found.half < high,
    )
}

/// 34 - 24 = 10 of 211 incidents, which came at 0.378 a day, are more than the calendar explains: a cause every 56 days.
fn lift_common_cause() -> Finding {
    let found = lifts(true, whole_weeks);
    let (low, high) = ((34.0 - 4.5) / 24.0, (34.0 + 4.5) / 24.0);
    lift_finding(
        "The same and a common cause every 56 days through `also`, shifted by whole weeks (10 incidents of 211, at 0.378 a day, are more than the calendar \
         explains)",
        "34 over 24.0 ± 4.5 = 1.42 ± 0.19 (one standard deviation)",
        found,
        "inside the published standard deviation",
        found.mean - found.half > low && found.mean + found.half < high,
    )
}

/// Anthropic: when the API had an incident, claude.ai had it with a chance of 0.75 and the console with 0.71.
fn components() -> Finding {
    let resolved = scenario(
        "40000h",
        r#"processes: [(name: "api", target: "a", kind: Down(), between: Exponential(mean: "3h"), lasting: Constant("1h"),
            also: [(target: "b", chance: 0.75), (target: "c", chance: 0.71)])]"#,
    );
    let faults = drawn(&resolved, 1);
    let of = |target: &'static str| faults.iter().filter(move |fault| fault.target == target);
    let n = of("a").count() as u64;
    let share = |successes: usize| Estimate::of_share(successes as u64, n);
    let (claude, console) = (share(of("b").count()), share(of("c").count()));
    // Both lists are in order of time.
    let consoles: Vec<Time> = of("c").map(|fault| fault.from).collect();
    let both = share(of("b").filter(|fault| consoles.binary_search(&fault.from).is_ok()).count());
    let holds = [(claude, 0.75), (console, 0.71), (both, 0.75 * 0.71)];
    Finding {
        what: "Incidents of several components at once through `also`: share of the API's incidents that claude.ai has, that the console has, and \
               that both have"
            .to_owned(),
        expected: format!("0.75, 0.71, and {:.4} as coins are independent", 0.75 * 0.71),
        source: format!("P(claude.ai or console, given the API): {FAILS}; the independence of the two is an assumption"),
        measured: format!("{:.4}, {:.4}, {:.4}", claude.mean, console.mean, both.mean),
        interval: format!("± {:.4}, {:.4}, {:.4} (n = {n})", claude.half, console.half, both.half),
        holds: holds.iter().all(|(found, chance)| found.contains(*chance, 0.0)) && n > 9_000,
    }
}

/// Share of the time from `from` to `end` in which both targets are out.
fn both_out(faults: &[Fault], targets: [&str; 2], from: Time, end: Time) -> f64 {
    let mut edges: Vec<(Time, usize, i32)> = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        for fault in faults.iter().filter(|fault| fault.target == *target) {
            edges.push((fault.from.max(from), index, 1));
            edges.push((fault.until.max(from), index, -1));
        }
    }
    edges.sort();
    let (mut on, mut last, mut both) = ([0; 2], from, 0.0);
    for (at, index, step) in edges {
        both += if on.iter().all(|on| *on > 0) { at.since(last).as_secs_f64() } else { 0.0 };
        on[index] += step;
        last = at;
    }
    both / end.since(from).as_secs_f64()
}

/// Two targets that are out for an hour in ten, and perhaps a common cause for one hour in fifty.
fn together(common_cause: bool) -> Finding {
    let own = |target: &str| {
        format!(
            r#"(name: "{target}", target: "{target}", kind: Down(), between: Exponential(mean: "9h"),
                lasting: Exponential(mean: "1h")),"#
        )
    };
    let mut processes = own("a") + &own("b");
    let (mut theory, mut formula, mut kind) = (0.01, "∏(1 - Aᵢ)", "that fail independently");
    if common_cause {
        processes += r#"(name: "cdn", target: "a", kind: Down(), between: Exponential(mean: "49h"),
            lasting: Exponential(mean: "1h"), also: [(target: "b", chance: 1.0)]),"#;
        theory = 0.02 + 0.98 * theory;
        formula = "C + (1 - C)·∏(1 - Aᵢ)";
        kind = "that also have a common cause through `also`, C = 0.02";
    }
    let resolved = scenario("8100h", &format!("processes: [{processes}]"));
    let (from, end) = (Time::ZERO + Span::from_hours(100), Time::ZERO + Span::from_hours(8_100));
    let found = Estimate::of_replications(|seed| both_out(&drawn(&resolved, seed), ["a", "b"], from, end));
    Finding {
        what: format!(
            "Share of the time in which two targets (A = 0.9) {kind} are out together; {REPLICATIONS} seeds of 8,000 h after 100 h"
        ),
        expected: format!("{formula} = {theory:.4}"),
        source: "reliability theory".to_owned(),
        measured: format!("{:.5}", found.mean),
        interval: format!("± {:.5} (t, n = {REPLICATIONS})", found.half),
        holds: found.contains(theory, 0.0) && found.is_precise(theory, 0.1),
    }
}

#[cfg(test)]
mod tests {
    use sandbox_scenario::file::SpanDist;

    use super::*;

    #[test]
    fn spreads_are_those_of_the_gaps() {
        for of in &PUBLISHED {
            let SpanDist::Weibull { shape, .. } = incidents(of).between else { panic!("gaps are Weibull") };
            let gamma = |n: f64| libm::tgamma(1.0 + n / shape);
            let squared = gamma(2.0) / (gamma(1.0) * gamma(1.0)) - 1.0;
            assert!(squared < of.spread && squared > of.spread - 0.2, "{}: {squared}", of.name);
        }
    }
}

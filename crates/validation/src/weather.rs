//! Outages as drawn: availability, and the laws of repairs, gaps, hours and weekdays.

use sandbox_core::{Span, Time};
use sandbox_engine::weather::outage_script;
use sandbox_model::Fault;
use sandbox_scenario::Resolved;

use crate::check::{Check, Finding};
use crate::scenario::{parse, run};
use crate::statistics::{
    Estimate, REPLICATIONS, chi_square, chi_square_limit, kolmogorov_limit, kolmogorov_smirnov, normal_cdf,
};

const GROUP: &str = "Outages";
const FAILS: &str =
    "own fits to the incident data of Chu et al., ICPE'25 and FAILS (arXiv 2501.12469, 2503.12185)";

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![
        Check::new("availability", GROUP, availability),
        Check::new("availability-parallel", GROUP, || parallel(false)).slow(),
        Check::new("availability-common-cause", GROUP, || parallel(true)).slow(),
        Check::new("repair-law", GROUP, repair_law),
        Check::new("gap-law", GROUP, gap_law),
        Check::new("hour-profile", GROUP, || calendar(Calendar::Hours)),
        Check::new("shared-calendar", GROUP, shared_calendar),
        Check::new("weekday-profile", GROUP, || calendar(Calendar::Weekdays)),
    ]
}

/// Three endpoints behind an ordered fallback without second tries, and these processes.
fn scenario(duration: &str, processes: &str) -> Resolved {
    let endpoint = |name: &str| {
        format!(
            r#"(name: "{name}", provider: "provider", serving: (prefill_base: "1ms", prefill_per_token: "0s",
                step_base: "1ms", sequences: 100), price: (input: "$1/M", output: "$1/M")),"#
        )
    };
    parse(&format!(
        r#"(name: "check", start: "2024-01-01 00:00 UTC", duration: "{duration}",
            providers: [(name: "provider", region: "here")],
            endpoints: [{}],
            routers: [(name: "router", strategy: Fallback(targets: ["a", "b", "c"], retries: 0))],
            workloads: [(name: "w", region: "here", entry: "router", plan: "a", arrivals: Poisson(rate: "2/h"),
                output: Constant(1))],
            weather: (processes: [{processes}]))"#,
        ["a", "b", "c"].map(endpoint).concat()
    ))
}

fn process(name: &str, target: &str, between: &str, lasting: &str, profile: &str) -> String {
    format!(
        r#"(name: "{name}", target: "{target}", kind: Down(), between: {between}, lasting: {lasting}, profile: {profile}),"#
    )
}

fn drawn(resolved: &Resolved, seed: u64) -> Vec<Fault> {
    outage_script(&resolved.clone().with_seed(seed)).faults
}

fn hours(span: Span) -> f64 {
    span.as_secs_f64() / 3_600.0
}

/// Anthropic's API, as published: Weibull gaps, lognormal repairs.
fn availability() -> Finding {
    let (gap, repair) = (3.79 * 24.0, 1.18 * libm::exp(1.43 * 1.43 / 2.0));
    let theory = gap / (gap + repair);
    let lasting = r#"Lognormal(median: "1.18h", sigma: 1.43)"#;
    let resolved = scenario(
        "3650d",
        &process("p", "a", &format!(r#"Weibull(mean: "{}m", shape: 0.7)"#, 3.79 * 1440.0), lasting, "Flat"),
    );
    let found = Estimate::of_replications(|seed| {
        let down: f64 = drawn(&resolved, seed).iter().map(|fault| hours(fault.until.since(fault.from))).sum();
        1.0 - down / (3650.0 * 24.0)
    });
    Finding {
        what: format!(
            "A renewal process of Weibull gaps (mean 3.79 d, shape 0.70) and lognormal repairs (median 1.18 h, σ 1.43): share of ten years that is up; {REPLICATIONS} seeds"
        ),
        expected: format!("MTBF/(MTBF + MTTR) = {theory:.5}"),
        source: format!("renewal theory; numbers: {FAILS}"),
        measured: format!("{:.5}", found.mean),
        interval: format!("± {:.5} (t, n = {REPLICATIONS})", found.half),
        holds: found.contains(theory, 0.0) && found.half < 0.1 * (1.0 - theory),
    }
}

/// Through a router: requests that no endpoint could serve.
fn parallel(common: bool) -> Finding {
    let lasting = r#"Lognormal(median: "3h", sigma: 0.8)"#;
    let repair = 3.0 * libm::exp(0.32);
    let gaps = [16.0, 24.0, 36.0];
    let up = |gap: f64| gap / (gap + repair);
    let mut processes = String::new();
    for (name, gap) in ["a", "b", "c"].into_iter().zip(gaps) {
        processes +=
            &process(name, name, &format!(r#"Weibull(mean: "{gap}h", shape: 0.7)"#), lasting, "Flat");
    }
    let mut theory = 1.0 - gaps.iter().map(|&gap| 1.0 - up(gap)).product::<f64>();
    let mut formula = "1 - ∏(1 - Aᵢ)";
    let mut kind = "three endpoints that fail independently";
    if common {
        processes += &process("common", "provider", r#"Exponential(mean: "120h")"#, lasting, "Flat");
        theory *= up(120.0);
        formula = "A₀ (1 - ∏(1 - Aᵢ))";
        kind = "the same and a common cause, an outage process of their provider";
    }
    let resolved = scenario("1000d", &processes);
    let found = Estimate::of_replications(|seed| {
        let requests = run(&resolved.clone().with_seed(seed)).summary.requests;
        1.0 - requests.failed as f64 / requests.arrived as f64
    });
    Finding {
        what: format!(
            "Ordered fallback over {kind} (A = {}): share of requests served; {REPLICATIONS} seeds of 1,000 days at 2/h",
            gaps.map(|gap| format!("{:.3}", up(gap))).join(", ")
        ),
        expected: format!("{formula} = {theory:.5}"),
        source: "reliability theory; Poisson arrivals see time averages".to_owned(),
        measured: format!("{:.5}", found.mean),
        interval: format!("± {:.5} (t, n = {REPLICATIONS})", found.half),
        holds: found.contains(theory, 0.0) && found.half < 0.25 * (1.0 - theory),
    }
}

fn law(what: &str, expected: &str, mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> Finding {
    let n = sample.len();
    let distance = kolmogorov_smirnov(&mut sample, cdf);
    let limit = kolmogorov_limit(n);
    Finding {
        what: what.to_owned(),
        expected: expected.to_owned(),
        source: FAILS.to_owned(),
        measured: format!("distance D = {distance:.4}, median {:.2} h", sample[n / 2]),
        interval: format!("D below {limit:.4} (Kolmogorov–Smirnov at 99.9 %, n = {n})"),
        holds: distance < limit && n > 1_000,
    }
}

/// OpenAI's published repairs; the last fault of a script may be cut and is left out.
fn repair_law() -> Finding {
    let lasting = r#"Lognormal(median: "1.34h", sigma: 1.22)"#;
    let resolved = scenario("3650d", &process("p", "a", r#"Exponential(mean: "30h")"#, lasting, "Flat"));
    let faults = drawn(&resolved, 1);
    let sample =
        faults[..faults.len() - 1].iter().map(|fault| hours(fault.until.since(fault.from))).collect();
    law(
        "Lengths of outages of one process over ten years",
        "lognormal, median 1.34 h, σ 1.22 (OpenAI)",
        sample,
        |x| normal_cdf(libm::log(x / 1.34) / 1.22),
    )
}

/// ChatGPT's published gaps, at a thirtieth of their length so that a run has many.
fn gap_law() -> Finding {
    let mean = 4.10 * 24.0 / 30.0;
    let scale = mean / libm::tgamma(1.0 + 1.0 / 0.82);
    let between = format!(r#"Weibull(mean: "{}s", shape: 0.82)"#, mean * 3_600.0);
    let resolved = scenario("3650d", &process("p", "a", &between, r#"Constant("1s")"#, "Flat"));
    let faults = drawn(&resolved, 1);
    let sample = faults.windows(2).map(|pair| hours(pair[1].from.since(pair[0].until))).collect();
    law(
        "Gaps between outages of one process over ten years, at a thirtieth of the published mean",
        "Weibull, shape 0.82, mean 3.28 h (ChatGPT: 4.10 d)",
        sample,
        |x| 1.0 - libm::exp(-libm::pow(x / scale, 0.82)),
    )
}

#[derive(Copy, Clone)]
enum Calendar {
    Hours,
    Weekdays,
}

/// Start hours of OpenAI's incidents (UTC, share) and weekdays, Monday first.
const HOURS: [f64; 24] = [
    0.046, 0.034, 0.017, 0.029, 0.019, 0.017, 0.019, 0.024, 0.022, 0.012, 0.012, 0.015, 0.019, 0.041, 0.048,
    0.056, 0.060, 0.075, 0.080, 0.109, 0.070, 0.051, 0.070, 0.056,
];
const WEEKDAYS: [f64; 7] = [0.130, 0.186, 0.239, 0.186, 0.186, 0.048, 0.024];

fn calendar(which: Calendar) -> Finding {
    let profile =
        format!(r#"Hourly(zone: "UTC", hours: {:?}, days: {:?})"#, HOURS, WEEKDAYS.map(|share| share * 7.0));
    let resolved =
        scenario("3640d", &process("p", "a", r#"Exponential(mean: "12h")"#, r#"Constant("1s")"#, &profile));
    let faults = drawn(&resolved, 1);
    // The scenario starts on a Monday at midnight.
    let hour_of = |at: Time| (at.since(Time::ZERO).as_nanos() / 3_600_000_000_000) as usize;
    let (counts, shares, what, expected): (Vec<u64>, Vec<f64>, &str, String) = match which {
        Calendar::Hours => {
            let mut counts = vec![0; 24];
            faults.iter().for_each(|fault| counts[hour_of(fault.from) % 24] += 1);
            // Straight lines between full hours.
            let shares = (0..24).map(|hour| (HOURS[hour] + HOURS[(hour + 1) % 24]) / 2.0).collect();
            (
                counts,
                shares,
                "hours",
                "peak 0.109 at 19:00 UTC, trough 0.012 at 09:00; straight lines between full hours"
                    .to_owned(),
            )
        }
        Calendar::Weekdays => {
            let mut counts = vec![0; 7];
            faults.iter().for_each(|fault| counts[hour_of(fault.from) / 24 % 7] += 1);
            (
                counts,
                WEEKDAYS.to_vec(),
                "weekdays",
                "Mon .130 .186 .239 .186 .186 Sat .048 Sun .024".to_owned(),
            )
        }
    };
    let (statistic, limit) = (chi_square(&counts, &shares), chi_square_limit(counts.len()));
    Finding {
        what: format!(
            "Start {what} of the outages of one process whose profile is that of OpenAI's incidents, over 520 weeks"
        ),
        expected,
        source: FAILS.to_owned(),
        measured: format!("χ² = {statistic:.1}"),
        interval: format!("below {limit:.1} (χ² at 99.9 %, df = {}, n = {})", counts.len() - 1, faults.len()),
        holds: statistic < limit && faults.len() > 5_000,
    }
}

/// The same of Anthropic's incidents.
const HOURS_ANTHROPIC: [f64; 24] = [
    0.031, 0.044, 0.053, 0.031, 0.022, 0.013, 0.018, 0.004, 0.022, 0.022, 0.009, 0.036, 0.013, 0.040, 0.071,
    0.058, 0.084, 0.080, 0.071, 0.058, 0.058, 0.058, 0.067, 0.036,
];
const WEEKDAYS_ANTHROPIC: [f64; 7] = [0.191, 0.231, 0.156, 0.209, 0.133, 0.053, 0.027];

/// Two providers that know nothing of each other, each with the calendar and the rate of its incidents.
fn shared_calendar() -> Finding {
    let one = |name: &str, target: &str, per_day: f64, hours: [f64; 24], days: [f64; 7]| {
        let profile =
            format!(r#"Hourly(zone: "UTC", hours: {hours:?}, days: {:?})"#, days.map(|share| share * 7.0));
        let between = format!(r#"Exponential(mean: "{:.0}s")"#, 86_400.0 / per_day);
        process(name, target, &between, r#"Constant("1s")"#, &profile)
    };
    let resolved = scenario(
        "3640d",
        &(one("openai", "a", 0.486, HOURS, WEEKDAYS)
            + &one("anthropic", "b", 0.378, HOURS_ANTHROPIC, WEEKDAYS_ANTHROPIC)),
    );
    let found = Estimate::of_replications(|seed| {
        let faults = drawn(&resolved, seed);
        let starts = |target: &'static str| faults.iter().filter(move |f| f.target == target).map(|f| f.from);
        let near = |at: &Time| {
            starts("a")
                .any(|other| hours(if other > *at { other.since(*at) } else { at.since(other) }) <= 2.0)
        };
        starts("b").filter(near).count() as f64 / starts("b").count() as f64
    });
    let (low, high) = ((24.0 - 4.5) / 211.0, (24.0 + 4.5) / 211.0);
    Finding {
        what: format!(
            "Two independent processes with the rates, hours and weekdays of OpenAI's and Anthropic's incidents: share of the latter within two hours of one of the \
             former; {REPLICATIONS} seeds of 520 weeks"
        ),
        expected: "24.0 ± 4.5 of 211 = 11.4 % ± 2.1 % (one standard deviation) if only the calendar is shared; 15.8 of 211 = 7.5 % without calendar; 34 of 211 were seen, a lift \
                   of 1.4 that a common cause would have to add"
            .to_owned(),
        source: FAILS.to_owned(),
        measured: format!("{:.2} %", 100.0 * found.mean),
        interval: format!("± {:.2} % (t, n = {REPLICATIONS}); inside the published standard deviation", 100.0 * found.half),
        holds: found.mean - found.half > low && found.mean + found.half < high,
    }
}

//! The endpoint against queueing theory.
//!
//! Thirty independent replications a row, the first tenth of each not counted. The document uses all requests of a row;
//! ordinary tests use a tenth of them ([`shortened`]), and have intervals that are three times as wide. Prefill alone is service in exact
//! nanoseconds by so many servers; decoding with a step in proportion to the batch is processor sharing.

use sandbox_core::Span;
use sandbox_providers::BatchSpec;

use crate::check::{Check, Finding};
use crate::station::{Law, Request, STEP, Story, play, servers};
use crate::statistics::{Estimate, REPLICATIONS};

const GROUP: &str = "Queueing theory";

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    rows(1)
}

/// The same rows with this fraction of their requests, and precision to match: for ordinary tests.
#[must_use]
pub fn shortened(fraction: usize) -> Vec<Check> {
    rows(fraction)
}

/// `less`: how many times fewer requests than in the document.
fn rows(less: usize) -> Vec<Check> {
    let slow = |id: &str, run: fn(usize) -> Finding| Check::new(id, GROUP, move || run(less)).slow();
    vec![
        slow("mm1", mm1),
        slow("mm1-decoding", mm1_decoding),
        slow("erlang-c", erlang_c_wait),
        slow("erlang-c-decoding", erlang_c_decoding),
        slow("erlang-b", |less| erlang_b_blocking(Law::Exponential(1.0), "M/M/c/c", less)),
        slow("erlang-b-constant", |less| {
            erlang_b_blocking(
                Law::Constant(1.0),
                "M/D/c/c, the same share whatever the law of service:",
                less,
            )
        }),
        slow("erlang-b-decoding", |less| {
            erlang_b_blocking(Law::GeometricTokens(1_000.0), "M/G/c/c with decoding as the service:", less)
        }),
        slow("mmck", mmck),
        slow("mmck-decoding", mmck_decoding),
        slow("pollaczek-khinchine-constant", |less| {
            pollaczek_khinchine(Law::Constant(1.0), 0.0, "constant service", less)
        }),
        slow("pollaczek-khinchine-exponential", |less| {
            pollaczek_khinchine(Law::Exponential(1.0), 1.0, "exponential service", less)
        }),
        slow("pollaczek-khinchine-two-kinds", |less| {
            let law = Law::TwoKinds { short: 0.2, long: 8.2, share: 0.1 };
            let squared = 0.9 * 0.04 + 0.1 * 67.24 - 1.0;
            pollaczek_khinchine(law, squared, "one job in ten is 41 times as long as the others", less)
        }),
        slow("processor-sharing-constant", |less| {
            insensitivity(Law::Tokens(100), "constant lengths", |_| true, less)
        }),
        slow("processor-sharing-geometric", |less| {
            let what = "geometric lengths, jobs shorter than the median";
            insensitivity(Law::GeometricTokens(100.0), what, |owed| owed <= 69, less)
        }),
        slow("processor-sharing-short", |less| {
            insensitivity(TWO_KINDS, "the short of two kinds", |owed| owed == 20, less)
        }),
        slow("processor-sharing-long", |less| {
            let what = "the long of two kinds (41 times as long, one in ten)";
            insensitivity(TWO_KINDS, what, |owed| owed == 820, less)
        }),
        slow("state-dependent-sharing", state_dependent),
        Check::new("little", GROUP, little),
    ]
}

const TWO_KINDS: Law = Law::TwoKindsOfTokens { few: 20, many: 820, share: 0.1 };

/// Erlang's B: share of the arrivals that `c` servers at an offered load of `a` turn away.
fn erlang_b(c: u32, a: f64) -> f64 {
    (1..=c).fold(1.0, |b, k| a * b / (f64::from(k) + a * b))
}

/// Erlang's C: share of the arrivals that have to wait for one of `c` servers.
fn erlang_c(c: u32, a: f64) -> f64 {
    let (b, rho) = (erlang_b(c, a), a / f64::from(c));
    b / (1.0 - rho * (1.0 - b))
}

/// `c` servers with `k` places in all (birth and death): the share of the arrivals that they turn away, and the mean number
/// that wait.
fn mmck_chain(c: u32, k: u32, a: f64) -> (f64, f64) {
    let mut weights = vec![1.0];
    for n in 1..=k {
        weights.push(weights[n as usize - 1] * a / f64::from(n.min(c)));
    }
    let total = weights.iter().sum::<f64>();
    let waiting = (c..=k).map(|n| f64::from(n - c) * weights[n as usize] / total).sum();
    (weights[k as usize] / total, waiting)
}

struct Setup {
    what: String,
    formula: &'static str,
    source: &'static str,
    unit: &'static str,
    theory: f64,
    /// A share of the theory, for a stated discretisation.
    allowance: f64,
    /// In the document.
    requests: usize,
    /// How many times fewer are played.
    less: usize,
}

fn compare(
    setup: Setup,
    spec: BatchSpec,
    law: Law,
    per_second: f64,
    figure: impl Fn(&Story) -> f64,
) -> Finding {
    let Setup { what, formula, source, unit, theory, allowance, requests, less } = setup;
    let requests = requests / less;
    let precision = 0.03 * (less as f64).sqrt();
    let mut little = 0;
    let found = Estimate::of_replications(|seed| {
        let story = play(spec, law, per_second, requests, seed);
        little += story.little;
        figure(&story)
    });
    let allowed = if allowance > 0.0 {
        format!(", and an allowance of {allowance:e} of the theory for rounding")
    } else {
        String::new()
    };
    Finding {
        what: format!("{what}; {REPLICATIONS} × {requests} requests"),
        expected: format!("{formula} = {theory:.5}{unit}"),
        source: source.to_owned(),
        measured: format!("{:.5}{unit}", found.mean),
        interval: format!("± {:.5} (t, n = {REPLICATIONS}){allowed}", found.half),
        holds: found.contains(theory, allowance * theory)
            && found.is_precise(theory, precision)
            && little == 0,
    }
}

fn mean_of<'a>(requests: impl IntoIterator<Item = &'a Request>, figure: impl Fn(&Request) -> f64) -> f64 {
    let (sum, n) =
        requests.into_iter().fold((0.0, 0.0), |(sum, n), request| (sum + figure(request), n + 1.0));
    sum / n
}

fn mm1(less: usize) -> Finding {
    let (lambda, mu) = (0.6, 1.0);
    let setup = Setup {
        what: "M/M/1 at 60 %: mean time in the system".to_owned(),
        formula: "1/(μ - λ)",
        source: "textbook (Kleinrock I, 3.2)",
        unit: " s",
        theory: 1.0 / (mu - lambda),
        allowance: 0.0,
        requests: 100_000,
        less,
    };
    compare(setup, servers(1, u32::MAX), Law::Exponential(1.0 / mu), lambda, |story| {
        mean_of(story.counted(), Request::sojourn)
    })
}

/// Rounding up makes the tokens geometric with p = 1 - e^(-1/1000), whose moments are known: Pollaczek and Khinchine's
/// formula is exact for them, and within 0.2 % of that of M/M/1.
fn mm1_decoding(less: usize) -> Finding {
    let (lambda, tokens) = (0.6, 1_000.0);
    let p = 1.0 - libm::exp(-1.0 / tokens);
    let mean = STEP.as_secs_f64() / p;
    let square = STEP.as_secs_f64() * STEP.as_secs_f64() * (2.0 - p) / (p * p);
    let setup = Setup {
        what:
            "M/M/1 at 60 % with decoding as the service, geometric in steps of 1 ms: mean time in the system"
                .to_owned(),
        formula: "E[S] + λE[S²]/(2(1 - ρ))",
        source: "Pollaczek and Khinchine",
        unit: " s",
        theory: mean + lambda * square / (2.0 * (1.0 - lambda * mean)),
        allowance: 1e-6,
        requests: 40_000,
        less,
    };
    compare(setup, servers(1, u32::MAX), Law::GeometricTokens(tokens), lambda, |story| {
        mean_of(story.counted(), Request::sojourn)
    })
}

/// What rounding leaves is the law's shape, with a squared coefficient of variation of 0.9990 in place of 1, which moves a
/// mean wait by about half of that.
fn erlang_c_decoding(less: usize) -> Finding {
    let (c, lambda, law) = (5, 3.5, Law::GeometricTokens(1_000.0));
    let setup = Setup {
        what: "M/M/5 at 70 % with decoding as the service: mean wait until it starts".to_owned(),
        formula: "C(5, a)/(cμ - λ)",
        source: "Erlang C",
        unit: " s",
        theory: erlang_c(c, lambda * law.mean()) / (f64::from(c) / law.mean() - lambda),
        allowance: 1e-3,
        requests: 150_000,
        less,
    };
    compare(setup, servers(c, u32::MAX), law, lambda, |story| mean_of(story.counted(), Request::wait))
}

fn erlang_c_wait(less: usize) -> Finding {
    let (c, lambda) = (5, 3.5);
    let setup = Setup {
        what: "M/M/5 at 70 %: mean time in the system".to_owned(),
        formula: "C(5, 3.5)/(cμ - λ) + 1/μ",
        source: "Erlang C",
        unit: " s",
        theory: erlang_c(c, lambda) / (f64::from(c) - lambda) + 1.0,
        allowance: 0.0,
        requests: 100_000,
        less,
    };
    compare(setup, servers(c, u32::MAX), Law::Exponential(1.0), lambda, |story| {
        mean_of(story.counted(), Request::sojourn)
    })
}

fn refused(story: &Story) -> f64 {
    mean_of(story.counted(), |request| f64::from(u8::from(request.left.is_none())))
}

fn erlang_b_blocking(law: Law, what: &'static str, less: usize) -> Finding {
    let (c, lambda) = (5, 4.0);
    let setup = Setup {
        what: format!("{what} 5 servers and no queue at an offered load of 4, share turned away"),
        formula: "B(5, 4)",
        source: "Erlang B; its tables say 0.1991",
        unit: "",
        theory: erlang_b(c, lambda * law.mean()),
        allowance: if matches!(law, Law::GeometricTokens(_)) { 1e-6 } else { 0.0 },
        requests: 60_000,
        less,
    };
    compare(setup, servers(c, 0), law, lambda, refused)
}

fn mmck(less: usize) -> Finding {
    let (c, k, lambda) = (3, 8, 2.7);
    let setup = Setup {
        what: "M/M/3/8 at 90 %: share turned away".to_owned(),
        formula: "birth-death chain, p₈",
        source: "textbook (Kleinrock I, 3.6 ff.)",
        unit: "",
        theory: mmck_chain(c, k, lambda).0,
        allowance: 0.0,
        requests: 100_000,
        less,
    };
    compare(setup, servers(c, k - c), Law::Exponential(1.0), lambda, refused)
}

fn mmck_decoding(less: usize) -> Finding {
    let (c, k, lambda, law) = (3, 8, 3.0, Law::GeometricTokens(1_000.0));
    let (blocking, waiting) = mmck_chain(c, k, lambda * law.mean());
    let setup = Setup {
        what: "M/M/3/8 at 100 % with decoding as the service: mean wait of those who are let in".to_owned(),
        formula: "birth-death chain, E[waiting]/(λ(1 - p₈))",
        source: "textbook (Kleinrock I, 3.6 ff.)",
        unit: " s",
        theory: waiting / (lambda * (1.0 - blocking)),
        allowance: 1e-3,
        requests: 40_000,
        less,
    };
    compare(setup, servers(c, k - c), law, lambda, |story| {
        mean_of(story.counted().iter().filter(|request| request.left.is_some()), Request::wait)
    })
}

fn pollaczek_khinchine(law: Law, squared_variation: f64, kind: &str, less: usize) -> Finding {
    let rho = 0.6;
    let setup = Setup {
        what: format!("M/G/1 first in, first out at 60 %, {kind}: mean time in the system"),
        formula: "1 + ρ(1 + c²)/(2(1 - ρ))",
        source: "Pollaczek and Khinchine",
        unit: " s",
        theory: 1.0 + rho * (1.0 + squared_variation) / (2.0 * (1.0 - rho)),
        allowance: 0.0,
        requests: 200_000,
        less,
    };
    compare(setup, servers(1, u32::MAX), law, rho / law.mean(), |story| {
        mean_of(story.counted(), Request::sojourn)
    })
}

/// With no base time the endpoint makes 1/b tokens a second whoever decodes and shares them equally.
fn insensitivity(law: Law, kind: &str, class: impl Fn(u32) -> bool, less: usize) -> Finding {
    let rho = 0.6;
    let spec = BatchSpec { step_per_sequence: STEP, ..BatchSpec::slots(100_000) };
    let setup = Setup {
        what: format!(
            "M/G/1 processor sharing at 60 %, {kind}: time in the system as a multiple of the work"
        ),
        formula: "1/(1 - ρ)",
        source: "Kleinrock II, 4.4: the same for every law",
        unit: "",
        theory: 1.0 / (1.0 - rho),
        allowance: 1e-4,
        requests: 100_000,
        less,
    };
    compare(setup, spec, law, rho / law.mean(), |story| {
        let of_class = || story.counted().iter().filter(|request| class(request.owed));
        let work: f64 = of_class().map(|request| STEP.as_secs_f64() * f64::from(request.owed)).sum();
        of_class().map(Request::sojourn).sum::<f64>() / work
    })
}

/// Jobs of 100 tokens at 10 ms + 0.1 ms a sequence: alone 1 s, with n inside 1 s + n · 10 ms.
fn state_dependent(less: usize) -> Finding {
    let lambda = 40.0;
    // p(n) ∝ ∏ λ (1 + 0.01 k) / k, whatever the law of lengths (generalised processor sharing).
    let (mut weight, mut sum, mut area) = (1.0, 1.0, 0.0);
    for n in 1..2_000 {
        let n = f64::from(n);
        weight *= lambda * (1.0 + 0.01 * n) / n;
        sum += weight;
        area += n * weight;
    }
    let spec = BatchSpec {
        step_base: Span::from_millis(10),
        step_per_sequence: Span::from_micros(100),
        ..BatchSpec::slots(100_000)
    };
    let setup = Setup {
        what: "Answers that take 1 s + 10 ms for each one in the batch, at 40/s: mean time in the system (the mean-field value is \
               1/(1 - 0.01 · 40) = 1.667 s, with 66.7 in the batch)"
            .to_owned(),
        formula: "E[N]/λ of p(n) ∝ ∏ λ(1 + 0.01k)/k",
        source: "Cohen 1979, generalised processor sharing; the set-up is Brooker's simple_collapse_sim",
        unit: " s",
        theory: area / sum / lambda,
        allowance: 1e-4,
        requests: 60_000,
        less,
    };
    compare(setup, spec, Law::Tokens(100), lambda, |story| mean_of(story.counted(), Request::sojourn))
}

/// Where everything happens: queues, refusals, lost patience, tokens that slow each other down.
fn little() -> Finding {
    let spec = BatchSpec {
        step_base: Span::from_millis(2),
        step_per_sequence: STEP,
        queue: 6,
        queue_wait: Some(Span::from_millis(700)),
        ..BatchSpec::slots(4)
    };
    let (mut off, mut refused, mut lost, mut waited) = (0, 0, 0, 0);
    for seed in 1..=REPLICATIONS {
        let story = play(spec, Law::GeometricTokens(100.0), 7.0, 5_000, seed);
        off += story.little.abs();
        for request in &story.requests {
            match (request.left, request.started) {
                (None, _) => refused += 1,
                (Some(_), None) => lost += 1,
                (Some(_), Some(started)) => waited += u64::from(started > request.arrived),
            }
        }
    }
    Finding {
        what: format!(
            "Little's law, exactly: jobs inside × time less the sum of their times inside, with {refused} refusals, {lost} that lost \
             patience and {waited} that waited; {REPLICATIONS} × 5000 requests (the other rows of this table assert it too)"
        ),
        expected: "0 ns".to_owned(),
        source: "Little 1961, for runs that start and end empty".to_owned(),
        measured: format!("{off} ns"),
        interval: "exact".to_owned(),
        holds: off == 0 && refused > 0 && lost > 0 && waited > 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B(5, 4) = 0.1991, B(10, 5) = 0.0184, C(2, 1) = 1/3 in published tables.
    #[test]
    fn erlang_formulas_agree_with_the_tables() {
        assert!((erlang_b(5, 4.0) - 0.1991).abs() < 5e-5);
        assert!((erlang_b(10, 5.0) - 0.0184).abs() < 5e-5);
        assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
    }

    /// Without a queue it is Erlang's B, and for one server (1 - ρ) ρᴷ / (1 - ρᴷ⁺¹).
    #[test]
    fn the_birth_and_death_chain_agrees_with_its_special_cases() {
        assert!((mmck_chain(5, 5, 4.0).0 - erlang_b(5, 4.0)).abs() < 1e-12);
        let (rho, k) = (0.8_f64, 4.0);
        let single = (1.0 - rho) * libm::pow(rho, k) / (1.0 - libm::pow(rho, k + 1.0));
        assert!((mmck_chain(1, 4, 0.8).0 - single).abs() < 1e-12);
    }
}

//! What it costs that a sequence counts with its mean context over its life, and not with what it holds right now:
//! `Batch` against an endpoint that adds up the context anew after every token.
//!
//! The endpoint is a Llama-2 70B on 8 H100 as measured by Splitwise (29.8 ms + 308 us a sequence), with a read of 12 ns for each
//! token of context (320 kB at 8 × 3.35 TB/s, worked out). Nothing here is drawn anew, so that the bounds are not
//! about chance: they are two to three times what was measured, which `docs/model.md` says.

use sandbox_core::dist::{Exponential, Lognormal};
use sandbox_core::{Seed, Span, Time};
use sandbox_providers::{Batch, BatchSpec, Job, Offer, Signal};

const A: f64 = 29.8e-3;
const B: f64 = 308e-6;
const C: f64 = 12e-9;

#[derive(Copy, Clone)]
struct Arrival {
    at: f64,
    prompt: u32,
    output: u32,
}

/// 4,000 requests, `rate` a second, with lognormal lengths of these medians.
fn arrivals(rate: f64, prompts: f64, answers: f64) -> Vec<Arrival> {
    let seed = Seed::new(1);
    let (mut gaps, mut lengths) = (seed.stream("gaps"), seed.stream("lengths"));
    let gap = Exponential::new(1.0 / rate).unwrap();
    let (prompt, output) = (
        Lognormal::from_median_sigma(prompts, 1.0).unwrap(),
        Lognormal::from_median_sigma(answers, 0.8).unwrap(),
    );
    let mut at = 0.0;
    (0..4_000)
        .map(|_| {
            at += gap.sample(&mut gaps);
            Arrival {
                at,
                prompt: prompt.sample(&mut lengths).min(32_000.0) as u32,
                output: (output.sample(&mut lengths) as u32).clamp(2, 20_000),
            }
        })
        .collect()
}

/// How long each took, without prefill; the context is added up anew at each token of anybody.
fn exact(arrivals: &[Arrival]) -> Vec<f64> {
    struct Sequence {
        id: usize,
        prompt: f64,
        attained: f64,
        goal: f64,
    }
    let mut took = vec![0.0; arrivals.len()];
    let (mut now, mut next) = (0.0, 0);
    let mut inside: Vec<Sequence> = Vec::new();
    while next < arrivals.len() || !inside.is_empty() {
        // The token in the making is not in memory yet; the first is there from the start.
        let context: f64 = inside.iter().map(|s| s.prompt + 1.0 + s.attained.floor()).sum();
        let step = A + B * inside.len() as f64 + C * context;
        let boundary = inside
            .iter()
            .map(|s| (s.attained + 1e-9).floor() + 1.0 - s.attained)
            .fold(f64::INFINITY, f64::min);
        let (token_at, arrival_at) =
            (now + boundary * step, arrivals.get(next).map_or(f64::INFINITY, |arrival| arrival.at));
        let at = token_at.min(arrival_at);
        for sequence in &mut inside {
            sequence.attained += (at - now) / step;
            if (sequence.attained - sequence.attained.round()).abs() < 1e-9 {
                sequence.attained = sequence.attained.round();
            }
        }
        now = at;
        inside.retain(|sequence| {
            let done = sequence.attained >= sequence.goal;
            if done {
                took[sequence.id] = now - arrivals[sequence.id].at;
            }
            !done
        });
        if arrival_at <= token_at {
            let Arrival { prompt, output, .. } = arrivals[next];
            inside.push(Sequence {
                id: next,
                prompt: f64::from(prompt),
                attained: 0.0,
                goal: f64::from(output - 1),
            });
            next += 1;
        }
    }
    took
}

fn ours(arrivals: &[Arrival], per_kv_token: Span) -> Vec<f64> {
    let mut batch = Batch::new(BatchSpec {
        step_base: Span::from_micros(29_800),
        step_per_sequence: Span::from_micros(308),
        step_per_kv_token: per_kv_token,
        ..BatchSpec::slots(10_000)
    });
    let mut took = vec![0.0; arrivals.len()];
    let mut signals = Vec::new();
    let mut run = |batch: &mut Batch, until: Time| {
        while let Some(at) = batch.next_event().filter(|&at| at <= until) {
            batch.advance(at, &mut signals);
            for signal in signals.drain(..) {
                if let Signal::Done(id) = signal {
                    took[id as usize] = at.since(Time::ZERO).as_secs_f64() - arrivals[id as usize].at;
                }
            }
        }
    };
    for (id, &Arrival { at, prompt, output }) in arrivals.iter().enumerate() {
        let now = Time::ZERO + Span::from_secs_f64_saturating(at);
        run(&mut batch, now);
        let offer = batch.offer(now, Job { id: id as u32, prefill: Span::ZERO, prompt, output });
        assert!(matches!(offer, Offer::Started(_)));
    }
    run(&mut batch, Time::MAX);
    took
}

fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

/// How far off the mean decode time is, a single one in the mean, and the worst (shares).
fn errors(exact: &[f64], ours: &[f64]) -> (f64, f64, f64) {
    let each: Vec<f64> = ours.iter().zip(exact).map(|(ours, exact)| (ours / exact - 1.0).abs()).collect();
    ((mean(ours) / mean(exact) - 1.0).abs(), mean(&each), each.iter().copied().fold(0.0, f64::max))
}

fn compare(arrivals: &[Arrival], bounds: (f64, f64, f64)) {
    let exact = exact(arrivals);
    let found = errors(&exact, &ours(arrivals, Span::from_nanos(12)));
    assert!(found.0 < bounds.0 && found.1 < bounds.1 && found.2 < bounds.2, "{found:?} above {bounds:?}");
    // The term matters here, so that its loss would be seen.
    let without = errors(&exact, &ours(arrivals, Span::ZERO));
    assert!(without.0 > 10.0 * bounds.0, "without the term off by {without:?}");
}

/// Prompts around 4,000 tokens and answers around 200, 5 a second: the context is nearly all prompt.
#[test]
fn mean_context_is_close_to_the_context_of_each_token_for_long_prompts() {
    compare(&arrivals(5.0, 4_000.0, 200.0), (0.000_3, 0.001, 0.003));
}

/// Prompts around 200 tokens and answers around 2,000, a request in 2 s: the context is nearly all answer.
#[test]
fn mean_context_is_close_to_the_context_of_each_token_for_long_answers() {
    compare(&arrivals(0.5, 200.0, 2_000.0)[..1_500], (0.002, 0.007, 0.03));
}

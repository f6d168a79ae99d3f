//! A published simulation written once more, directly and slowly, to hold the engine against: its own event loop, its own draws, its own
//! counts, nothing of the engine's.
//!
//! The set-up is simple_collapse_sim of M. Brooker's simulator_example (github.com/mbrooker/simulator_example, BSD-2; described here,
//! not copied). Clients call one server: 40/s, Poisson, and 80/s in seconds 20 to 25, whatever becomes of the calls before. An attempt
//! takes 1 s + 10 ms for each attempt in progress when it arrives, itself included. After 3 s the client gives up an attempt and
//! makes the next one, three in all; the server never learns of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sandbox_core::{Seed, Stream, uniform_open};

use crate::scenario::Seconds;

/// What the network takes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Delays {
    /// Half of one round trip each way: lognormal, median 200 ms, standard deviation of the logarithm 0.5, as in the shipped scenario.
    Lognormal,
    /// Exponential, 0.1 s each way, each for itself, as in the original.
    Exponential,
}

/// What a client does before it tries again.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Nothing.
    No,
    /// Waits from 0 to 20 s, then from 0 to 40 s: exponential backoff with full jitter.
    Backoff,
}

const SECOND: f64 = 1e9;
const LENGTH: f64 = 80.0;

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A client calls, or does not: arrivals are thinned from 80/s.
    Candidate,
    /// The attempt of this number begins; so many came before it for the same call.
    Begin(u32),
    /// Here and below: the attempt's place in the list.
    AtServer(usize),
    Done(usize),
    Back(usize),
    GiveUp(usize),
}

struct Attempt {
    before: u32,
    /// Time on the way there and on the way back [s].
    delays: (f64, f64),
    /// Its client waits for it.
    open: bool,
}

fn exponential(stream: &mut Stream, mean: f64) -> f64 {
    -mean * libm::log(uniform_open(stream))
}

/// By Box and Muller.
fn normal(stream: &mut Stream) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(uniform_open(stream)));
    radius * libm::cos(std::f64::consts::TAU * uniform_open(stream))
}

/// One run of 80 s.
pub(crate) fn run(seed: u64, wait: Wait, delays: Delays) -> Seconds {
    let seed = Seed::new(seed);
    let [mut gaps, mut thinning, mut network, mut waits] =
        ["gaps", "thinning", "network", "waits"].map(|name| seed.stream(&format!("reference/{name}")));
    let mut delay = || match delays {
        Delays::Lognormal => {
            let half = 0.1 * libm::exp(0.5 * normal(&mut network));
            (half, half)
        }
        Delays::Exponential => (exponential(&mut network, 0.1), exponential(&mut network, 0.1)),
    };
    let mut counts = Seconds { delivered: vec![0.0; LENGTH as usize], answered: vec![0.0; LENGTH as usize] };
    let (mut attempts, mut in_progress): (Vec<Attempt>, u32) = (Vec::new(), 0);
    let mut queue = BinaryHeap::from([Reverse((0, Event::Candidate))]);
    while let Some(Reverse((at, event))) = queue.pop() {
        let now = at as f64 / SECOND;
        if now >= LENGTH {
            break;
        }
        let mut push = |after: f64, event| queue.push(Reverse((at + (after * SECOND) as u64, event)));
        match event {
            Event::Candidate => {
                let rate = if (20.0..25.0).contains(&now) { 80.0 } else { 40.0 };
                // The one at 0 only starts the sequence.
                if at > 0 && uniform_open(&mut thinning) < rate / 80.0 {
                    push(0.0, Event::Begin(0));
                }
                push(exponential(&mut gaps, 1.0 / 80.0), Event::Candidate);
            }
            Event::Begin(before) => {
                let attempt = Attempt { before, delays: delay(), open: true };
                push(attempt.delays.0, Event::AtServer(attempts.len()));
                push(3.0, Event::GiveUp(attempts.len()));
                attempts.push(attempt);
            }
            Event::AtServer(which) => {
                counts.delivered[now as usize] += 1.0;
                in_progress += 1;
                push(1.0 + 0.01 * f64::from(in_progress), Event::Done(which));
            }
            Event::Done(which) => {
                in_progress -= 1;
                push(attempts[which].delays.1, Event::Back(which));
            }
            Event::Back(which) => {
                // Once only: the answer ends the wait, and nobody hears one that comes after it.
                if std::mem::take(&mut attempts[which].open) {
                    counts.answered[now as usize] += 1.0;
                }
            }
            Event::GiveUp(which) => {
                let before = attempts[which].before;
                if std::mem::take(&mut attempts[which].open) && before < 2 {
                    let longest = f64::from(20 << before);
                    push(
                        match wait {
                            Wait::No => 0.0,
                            Wait::Backoff => longest * uniform_open(&mut waits),
                        },
                        Event::Begin(before + 1),
                    );
                }
            }
        }
    }
    counts
}

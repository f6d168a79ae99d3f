//! Where requests come from: arrivals and lengths.

use sandbox_core::dist::{Alias, Empirical, Lognormal, PoissonProcess};
use sandbox_core::{Noise, Seed, Span, Stream, Time};
use sandbox_model::{Curve, NodeId};
use sandbox_providers::arrivals::{self, Bursts, Gap, Pace, Renewal};
use sandbox_scenario::file::{self, Arrivals, GapLaw, Length};
use sandbox_scenario::resolved::{Resolved, ResolvedArrivals, TraceRow};

use super::CHECKED;
use crate::slab::NONE;

pub(crate) struct Workload {
    pub(crate) region: u16,
    pub(crate) entry: NodeId,
    pub(crate) plan: NodeId,
    pub(crate) deadline: Span,
    pub(crate) drawn: u64,
    source: Source,
    input: Lengths,
    output: Lengths,
    /// Of the arrival that is due.
    sender: Sender,
    clients: Clients,
}

impl Workload {
    /// The next arrival after `now`, if there is one before `end`.
    pub(crate) fn next_arrival(&mut self, now: Time, end: Time) -> Option<Time> {
        let (at, sender) = self.source.next(now, end)?;
        self.sender = sender;
        Some(at)
    }

    /// Prompt and answer tokens of the request that arrives now. Call it once an arrival.
    pub(crate) fn draw_lengths(&mut self) -> (u32, u32) {
        match &self.source {
            Source::Trace(_, current) => current.map_or((1, 1), |row| (row.input, row.output)),
            _ => (self.input.draw(), self.output.draw()),
        }
    }

    /// The client of the request that arrives now; [`NONE`] if [`client_of`](Self::client_of) tells it by the
    /// request's number.
    pub(crate) fn sender(&self) -> u32 {
        match self.sender {
            Sender::Drawn => NONE,
            Sender::Burst(burst) => self.client_of(burst),
            Sender::Client(client) => client,
        }
    }

    /// The client, from 0, that sends the request (or the burst) with this number: always the same one.
    pub(crate) fn client_of(&self, number: u64) -> u32 {
        self.clients.weights.sample(&mut self.clients.noise.at(number, 0)) as u32
    }
}

/// Who sends: clients of which some send more than others.
struct Clients {
    weights: Alias,
    noise: Noise,
}

/// Where a workload's requests come from.
#[expect(clippy::large_enum_variant, reason = "there is one a workload, and it is on the hot path")]
enum Source {
    Poisson { process: PoissonProcess, rate: Curve, stream: Stream },
    Renewal(Renewal, Stream),
    Bursts(Bursts, Stream),
    Clients(arrivals::Clients),
    Trace(std::vec::IntoIter<TraceRow>, Option<TraceRow>),
}

/// A distribution of token counts with its own stream.
pub(crate) struct Lengths {
    law: LengthLaw,
    stream: Stream,
}

enum LengthLaw {
    Constant(u32),
    Lognormal { law: Lognormal, max: f64 },
    Empirical(Empirical),
}

impl Lengths {
    fn new(length: &Length, stream: Stream) -> Self {
        let law = match length {
            Length::Constant(n) => LengthLaw::Constant(*n),
            Length::Lognormal { median, sigma, max } => LengthLaw::Lognormal {
                law: Lognormal::from_median_sigma(*median, *sigma).expect(CHECKED),
                max: f64::from(*max),
            },
            Length::Empirical(values) => LengthLaw::Empirical(
                Empirical::new(values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>()).expect(CHECKED),
            ),
        };
        Self { law, stream }
    }

    fn draw(&mut self) -> u32 {
        match &self.law {
            LengthLaw::Constant(n) => *n,
            LengthLaw::Lognormal { law, max } => (law.sample(&mut self.stream) + 0.5).clamp(1.0, *max) as u32,
            LengthLaw::Empirical(values) => values.sample(&mut self.stream) as u32,
        }
    }
}

impl Source {
    /// The next arrival after `now`, if there is one before `end`, and who sends it if the source knows.
    fn next(&mut self, now: Time, end: Time) -> Option<(Time, Sender)> {
        match self {
            Self::Poisson { process, rate, stream } => {
                let next = process.next_until(now, end, stream, |t| rate.at(t))?;
                (next < end).then_some((next, Sender::Drawn))
            }
            Self::Renewal(renewal, stream) => Some((renewal.next(now, end, stream)?, Sender::Drawn)),
            Self::Bursts(bursts, stream) => {
                bursts.next(end, stream).map(|(at, burst)| (at, Sender::Burst(burst)))
            }
            Self::Clients(clients) => clients.next(end).map(|(at, client)| (at, Sender::Client(client))),
            Self::Trace(rows, current) => {
                *current = rows.next();
                current.map(|row| (row.at, Sender::Drawn)).filter(|&(at, _)| at < end)
            }
        }
    }
}

/// What a source knows of who sends.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Sender {
    /// Nothing: it is drawn for each request.
    Drawn,
    /// All requests of a burst have one sender.
    Burst(u64),
    Client(u32),
}

pub(super) fn build_workload(resolved: &Resolved, index: usize, seed: &Seed) -> Workload {
    let (spec, extra) = (&resolved.scenario.workloads[index], &resolved.workloads[index]);
    let stream = |what: &str| seed.stream(&format!("workload/{}/{what}", spec.name));
    let noise = |what: &str| seed.noise(&format!("workload/{}/{what}", spec.name));
    let weights = zipf(&spec.clients);
    Workload {
        region: extra.region as u16,
        entry: extra.entry,
        plan: extra.plan,
        deadline: spec.deadline,
        source: build_source(spec, &extra.arrivals, &weights, stream("arrivals"), || noise("gaps")),
        input: Lengths::new(&spec.input, stream("input")),
        output: Lengths::new(&spec.output, stream("output")),
        sender: Sender::Drawn,
        drawn: 0,
        clients: Clients { weights: Alias::new(&weights).expect(CHECKED), noise: noise("clients") },
    }
}

fn build_source(
    spec: &file::Workload,
    resolved: &ResolvedArrivals,
    weights: &[f64],
    stream: Stream,
    noise: impl FnOnce() -> Noise,
) -> Source {
    let rate = match resolved {
        ResolvedArrivals::Drawn { rate } => rate,
        ResolvedArrivals::Steps(steps) => {
            return Source::Renewal(Renewal::new(Gap::EXPONENTIAL, Pace::Steps(steps.clone())), stream);
        }
        ResolvedArrivals::Trace(rows) => return Source::Trace(rows.clone().into_iter(), None),
    };
    let pace = || Pace::from(rate.clone());
    match &spec.arrivals {
        Arrivals::Renewal { cv, law, .. } => Source::Renewal(Renewal::new(gap(*law, *cv), pace()), stream),
        Arrivals::Bursts { pace: one, lasting, .. } => {
            Source::Bursts(Bursts::new(pace(), one.as_per_second(), *lasting), stream)
        }
        Arrivals::Clients { cv, law, .. } => {
            Source::Clients(arrivals::Clients::new(gap(*law, *cv), pace(), weights, noise()))
        }
        Arrivals::Poisson { .. } | Arrivals::Steps { .. } | Arrivals::Trace { .. } => Source::Poisson {
            // A hair above the greatest value: interpolation may round upwards.
            process: PoissonProcess::new(rate.max() * (1.0 + 1e-9)).expect(CHECKED),
            rate: rate.clone(),
            stream,
        },
    }
}

fn gap(law: GapLaw, cv: f64) -> Gap {
    match law {
        GapLaw::Gamma => Gap::gamma(cv),
        GapLaw::Weibull => Gap::weibull(cv),
    }
    .expect(CHECKED)
}

/// Client `k`, from 1, sends in proportion to `k^-skew` (Zipf).
fn zipf(clients: &file::Clients) -> Vec<f64> {
    (1..=clients.count).map(|k| libm::pow(f64::from(k), -clients.skew)).collect()
}

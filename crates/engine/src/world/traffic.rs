//! Where requests come from: arrivals and lengths.

use sandbox_core::dist::{Alias, Empirical, Lognormal, PoissonProcess};
use sandbox_core::{Noise, Seed, Span, Stream, Time};
use sandbox_model::{Curve, NodeId};
use sandbox_scenario::file::{self, Length};
use sandbox_scenario::resolved::{Resolved, ResolvedArrivals, TraceRow};

use super::CHECKED;
use super::prices::{RouteId, Routes};

pub(crate) struct Workload {
    pub(crate) region: u16,
    pub(crate) entry: NodeId,
    pub(crate) plan: NodeId,
    /// The gateways with fees between the entry and the plan.
    pub(crate) way_to_plan: RouteId,
    pub(crate) deadline: Span,
    pub(crate) source: Source,
    pub(crate) drawn: u64,
    clients: Clients,
}

impl Workload {
    /// The client, from 0, that sends the request with this number: always the same one.
    pub(crate) fn client_of(&self, request: u64) -> u32 {
        self.clients.weights.sample(&mut self.clients.noise.at(request, 0)) as u32
    }
}

/// Who sends: clients of which some send more than others.
struct Clients {
    weights: Alias,
    noise: Noise,
}

impl Clients {
    /// Client `k`, from 1, sends in proportion to `k^-skew` (Zipf).
    fn new(clients: &file::Clients, noise: Noise) -> Self {
        let weight = |k: u32| libm::pow(f64::from(k), -clients.skew);
        let weights: Vec<f64> = (1..=clients.count).map(weight).collect();
        Self { weights: Alias::new(&weights).expect(CHECKED), noise }
    }
}

/// Where a workload's requests come from.
#[expect(clippy::large_enum_variant, reason = "there is one a workload, and it is on the hot path")]
pub(crate) enum Source {
    Poisson { process: PoissonProcess, rate: Curve, arrivals: Stream, input: Lengths, output: Lengths },
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
    /// The next arrival after `now`, if there is one before `end`.
    pub(crate) fn next_arrival(&mut self, now: Time, end: Time) -> Option<Time> {
        match self {
            Self::Poisson { process, rate, arrivals, .. } => {
                let next = process.next_until(now, end, arrivals, |t| rate.at(t))?;
                (next < end).then_some(next)
            }
            Self::Trace(rows, current) => {
                *current = rows.next();
                current.map(|row| row.at).filter(|&at| at < end)
            }
        }
    }

    /// Prompt and answer tokens of the request that arrives now. Call it once an arrival.
    pub(crate) fn draw_lengths(&mut self) -> (u32, u32) {
        match self {
            Self::Poisson { input, output, .. } => (input.draw(), output.draw()),
            Self::Trace(_, current) => current.map_or((1, 1), |row| (row.input, row.output)),
        }
    }
}

pub(super) fn build_workload(resolved: &Resolved, index: usize, seed: &Seed) -> Workload {
    let (spec, extra) = (&resolved.scenario.workloads[index], &resolved.workloads[index]);
    let stream = |what: &str| seed.stream(&format!("workload/{}/{what}", spec.name));
    let source = match &extra.arrivals {
        ResolvedArrivals::Poisson { rate, input, output } => Source::Poisson {
            // A hair above the greatest value: interpolation may round upwards.
            process: PoissonProcess::new(rate.max() * (1.0 + 1e-9)).expect(CHECKED),
            rate: rate.clone(),
            arrivals: stream("arrivals"),
            input: Lengths::new(input, stream("input")),
            output: Lengths::new(output, stream("output")),
        },
        ResolvedArrivals::Trace(rows) => Source::Trace(rows.clone().into_iter(), None),
    };
    Workload {
        region: extra.region as u16,
        entry: extra.entry,
        plan: extra.plan,
        way_to_plan: Routes::DIRECT,
        deadline: spec.deadline,
        source,
        drawn: 0,
        clients: Clients::new(&spec.clients, seed.noise(&format!("workload/{}/clients", spec.name))),
    }
}

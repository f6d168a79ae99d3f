//! Where requests come from: arrivals and lengths.

use std::sync::Arc;

use sandbox_core::dist::{Alias, PoissonProcess};
use sandbox_core::{Noise, Seed, Span, Stream, Time};
use sandbox_model::{Curve, NodeId};
use sandbox_providers::Ask;
use sandbox_providers::arrivals::{self, Bursts, Gap, Pace, Renewal};
use sandbox_scenario::file::{self, Arrivals, GapLaw};
use sandbox_scenario::resolved::{Resolved, ResolvedArrivals, TraceRow};

use super::CHECKED;
use super::conversations::{Conversation, Conversations, Prompt, Said};
use super::lengths::Lengths;
use super::prices::{RouteId, Routes};
use crate::slab::{NONE, Slab};

#[derive(Clone)]
pub(crate) struct Workload {
    pub(crate) region: u16,
    pub(crate) entry: NodeId,
    pub(crate) plan: NodeId,
    /// The gateways with fees between the entry and the plan.
    pub(crate) way_to_plan: RouteId,
    pub(crate) deadline: Span,
    pub(crate) stream: bool,
    pub(crate) drawn: u64,
    source: Source,
    pub(crate) max_tokens: Option<u32>,
    input: Lengths,
    output: Lengths,
    /// The next arrival from the source, and who sends it.
    next: Option<(Time, Sender)>,
    clients: Clients,
    /// What arrives from the source is conversations.
    conversations: Option<Conversations>,
    /// Share of a prompt that all prompts begin with.
    cacheable: f64,
}

/// A request as it arrives.
pub(crate) struct Arrival {
    pub(crate) input: u32,
    pub(crate) output: u32,
    /// See `Request` for these.
    pub(crate) client: u32,
    pub(crate) prefix: u32,
    pub(crate) shared: u32,
    pub(crate) conversation: u32,
    pub(crate) turn: u32,
}

impl Workload {
    /// When the next request after the one at `now` arrives (at first: after the start), if that is before `end`.
    pub(crate) fn next_arrival(&mut self, now: Time, end: Time) -> Option<Time> {
        let Some(conversations) = &self.conversations else {
            self.next = self.source.next(now, end);
            return self.next.map(|(at, _)| at);
        };
        if now == Time::ZERO && self.drawn == 0 {
            self.next = self.source.next(now, end);
        }
        let (start, turn) = (self.next.map(|(at, _)| at), conversations.next_turn());
        start.into_iter().chain(turn).min()
    }

    /// The request that [`next_arrival`](Self::next_arrival) announced for `now`. Call it once an arrival.
    pub(crate) fn arrive(&mut self, now: Time, end: Time, all: &mut Slab<Conversation>) -> Arrival {
        let (input, output) = match &self.source {
            Source::Trace(_, _, current) => current.map_or((1, 1), |row| (row.input, row.output)),
            _ => (self.input.draw(), self.output.draw()),
        };
        let output = self.max_tokens.map_or(output, |most| output.min(most));
        let shared = (self.cacheable * f64::from(input)) as u32;
        let sender = self.next.map_or(Sender::Drawn, |(_, sender)| sender);
        let clients = &self.clients;
        let Some(conversations) = &mut self.conversations else {
            let client = match sender {
                // The request's number tells.
                Sender::Drawn => NONE,
                Sender::Burst(burst) => clients.client(burst),
                Sender::Client(client) => client,
            };
            return Arrival { input, output, client, prefix: 0, shared, conversation: NONE, turn: 0 };
        };
        // At the same instant: what goes on before what begins.
        let id = if conversations.next_turn() == Some(now) {
            conversations.take_turn().expect("a turn is due")
        } else {
            let client = |number: u64| match sender {
                Sender::Drawn => clients.client(number),
                Sender::Burst(burst) => clients.client(burst),
                Sender::Client(client) => client,
            };
            let id = conversations.begin(client, all);
            self.next = self.source.next(now, end);
            id
        };
        let said = Said { input, shared, output };
        let Prompt { tokens, prefix, shared } = conversations.turn(&mut all[id], id, said, now, end);
        let (client, turn) = (all[id].client, all[id].turns);
        Arrival { input: tokens, output, client, prefix, shared, conversation: id, turn }
    }

    /// What a request of these lengths asks an endpoint's limits for.
    pub(crate) fn ask(&self, input: u32, output: u32) -> Ask {
        let most = self.max_tokens.unwrap_or(output);
        Ask { prompt: u64::from(input), answer: u64::from(output), most: u64::from(most) }
    }

    /// Whether an endpoint may have part of a prompt from before.
    pub(crate) fn has_prefixes(&self) -> bool {
        self.conversations.is_some() || self.cacheable > 0.0
    }

    /// The client, from 0, that sends the request (or burst, or conversation) with this number: always the same one.
    pub(crate) fn client_of(&self, number: u64) -> u32 {
        self.clients.client(number)
    }
}

/// Who sends: clients of which some send more than others.
#[derive(Clone)]
struct Clients {
    weights: Alias,
    noise: Noise,
}

impl Clients {
    fn client(&self, number: u64) -> u32 {
        self.weights.sample(&mut self.noise.at(number, 0)) as u32
    }
}

/// Where a workload's requests come from.
#[derive(Clone)]
enum Source {
    Poisson {
        process: PoissonProcess,
        rate: Curve,
        stream: Stream,
    },
    Renewal(Renewal, Stream),
    Bursts(Bursts, Stream),
    Clients(arrivals::Clients),
    /// Its rows, how many of them have arrived or are about to, and the last of these.
    Trace(Arc<[TraceRow]>, usize, Option<TraceRow>),
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
            Self::Trace(rows, next, current) => {
                *current = rows.get(*next).copied();
                *next += 1;
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
    let stream = |what: &str| seed.stream(&format!("workload/{}/{what}", spec.drawn_as()));
    let noise = |what: &str| seed.noise(&format!("workload/{}/{what}", spec.drawn_as()));
    let weights = zipf(&spec.clients);
    Workload {
        region: extra.region as u16,
        entry: extra.entry,
        plan: extra.plan,
        way_to_plan: Routes::DIRECT,
        deadline: spec.deadline,
        stream: spec.stream,
        source: build_source(spec, &extra.arrivals, &weights, stream("arrivals"), || noise("gaps")),
        input: Lengths::new(&spec.input, stream("input")),
        output: Lengths::new(&spec.output, stream("output")),
        next: None,
        max_tokens: spec.max_tokens,
        drawn: 0,
        clients: Clients { weights: Alias::new(&weights).expect(CHECKED), noise: noise("clients") },
        conversations: spec.conversations.as_ref().map(|c| Conversations::new(c, noise("conversations"))),
        cacheable: spec.cacheable,
    }
}

fn build_source(
    spec: &file::Workload,
    resolved: &ResolvedArrivals,
    weights: &[f64],
    stream: Stream,
    noise: impl FnOnce() -> Noise,
) -> Source {
    // What arrives is conversations, if there are any: fewer than requests.
    let share = 1.0 / spec.conversations.as_ref().map_or(1.0, |c| c.turns);
    let rate = match resolved {
        ResolvedArrivals::Drawn { rate } => rate.clone().times(share),
        ResolvedArrivals::Steps(steps) => {
            return Source::Renewal(
                Renewal::new(Gap::EXPONENTIAL, Pace::Steps(steps.clone().times(share))),
                stream,
            );
        }
        ResolvedArrivals::Trace(rows) => return Source::Trace(rows.clone(), 0, None),
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
            rate,
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

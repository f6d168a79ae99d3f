//! The event handler: one `match` over a small `Copy` enum.
//!
//! * this file – the state, and which event goes where
//! * [`clients`] – requests arrive and leave
//! * [`calls`] – routers decide; attempts are made
//! * [`answers`] – attempts are answered, and routers learn
//! * [`conversations`] – what endpoints have of a prompt from before
//! * [`crossing`] – attempts and answers cross links
//! * [`event`] – what can happen
//! * [`fleet`] – gateways hear from their other customers
//! * [`patience`] – callers give up
//! * [`serving`] – attempts reach endpoints; endpoints serve
//! * [`billing`] – what is billed, and in whose books
//! * [`truth`] – faults, competing load, and what is true of a target right now
//!
//! Order at the same instant: faults end, faults begin, competing load steps, completions, timers, arrivals. A
//! request passes `Arrival → Deliver → Endpoint (first token) → Endpoint (last token) → Return`; a router with a
//! place of its own adds a `Deliver` and a `Return`.

mod answers;
mod billing;
mod calls;
pub(crate) mod clients;
mod conversations;
mod crossing;
mod event;
mod fleet;
mod patience;
mod serving;
mod truth;

use std::cell::Cell;

use sandbox_core::{EventId, EventQueue, Fingerprint, Model, Span, Time};
use sandbox_model::{Answer, Cause, LimitKind, NodeId, OutageScript, Usd};
use sandbox_providers::batch::Slot;
use sandbox_providers::{Progress, Signal};
use sandbox_routers::Tried;
use sandbox_scenario::Resolved;

use crate::account::{Cells, Path, Served, Tally};
use crate::belief::Beliefs;
use crate::buckets::Buckets;
use crate::explain::Recorder;
use crate::monitor::Monitor;
use crate::paths::Paths;
use crate::recording::Recording;
use crate::slab::{NONE, Slab};
use crate::waterfall::Steps;
use crate::weather::{CONGESTION_STEP, Sky};
use crate::world::{Conversation, Kind, World};
use crate::worst::Worst;

pub(crate) use event::Event;
pub use event::{EventKind, EventRecord};

pub(crate) type Queue = EventQueue<Event>;

/// Requests of different workloads have different keys.
pub(crate) const KEY_BITS: u32 = 48;

/// A request that is alive.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) workload: u16,
    pub(crate) counted: bool,
    pub(crate) bucket: u32,
    /// Names it in all draws: workload and number of arrival.
    pub(crate) key: u64,
    /// Who sends it, if its source knows; else [`NONE`], and its number tells (`Workload::client_of`).
    pub(crate) client: u32,
    pub(crate) arrived: Time,
    pub(crate) deadline: Time,
    pub(crate) input: u32,
    pub(crate) output: u32,
    /// Tokens of its prompt that the turn before had in its prompt or its answer.
    pub(crate) prefix: u32,
    /// Tokens that all prompts of its workload begin with.
    pub(crate) shared: u32,
    /// Its conversation, or [`NONE`], and which turn it is, from 1.
    pub(crate) conversation: u32,
    pub(crate) turn: u32,
    /// Why it left the plan, or why the plan failed it last.
    pub(crate) plan_failure: Option<Cause>,
    /// An attempt of its own at the plan has failed.
    pub(crate) tried_plan: bool,
    /// The target that was tried first.
    pub(crate) first: Option<NodeId>,
    /// Attempts of its entry router.
    pub(crate) attempts: u32,
    /// When its client gets the first token.
    pub(crate) first_token: Option<Time>,
    /// A router has seen it: what it then turns away without an attempt is shed.
    pub(crate) routed: bool,
}

/// A request at a router.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) request: u32,
    /// The attempt that brought it here; [`NONE`] for a library entry router.
    pub(crate) parent: u32,
    pub(crate) router: u16,
    /// Region that its attempts start from.
    pub(crate) region: u16,
    pub(crate) path: Path,
    /// Distinguishes the luck of attempts below different parents.
    pub(crate) luck: u64,
    pub(crate) began: Time,
    /// What the router's strategy remembers of it.
    pub(crate) note: Cell<u64>,
    /// The attempts that run: several only where the router hedges.
    pub(crate) live: Vec<u32>,
    /// Of these, the ones whose first token is on its way, where the router hedges.
    pub(crate) heads: Vec<(u32, EventId)>,
    pub(crate) wake: Option<EventId>,
    /// How often its strategy was asked what to do.
    pub(crate) asked: u32,
    pub(crate) tried: Vec<Tried>,
}

/// One try at one target.
#[derive(Clone)]
pub(crate) struct Attempt {
    /// Whose; [`NONE`] if a client made it at a gateway, or if the caller is gone.
    pub(crate) call: u32,
    /// Whose in the end; [`NONE`] if the caller is gone.
    pub(crate) request: u32,
    pub(crate) target: NodeId,
    /// Number of the target at its router, and its own among the attempts of its call.
    pub(crate) number: u16,
    pub(crate) place: u16,
    /// Neither the first of its call nor a hedge.
    pub(crate) retry: bool,
    pub(crate) workload: u16,
    pub(crate) counted: bool,
    /// The first target of its request, which may be gone by the time that this is billed.
    pub(crate) first: NodeId,
    /// Region of its caller, and of its target (a library is where its caller is).
    pub(crate) from: u16,
    pub(crate) region: u16,
    pub(crate) input: u32,
    pub(crate) output: u32,
    pub(crate) began: Time,
    pub(crate) round_trip: Span,
    pub(crate) luck: u64,
    /// The uniform draw behind its prefill time.
    pub(crate) prefill_luck: u64,
    pub(crate) path: Path,
    pub(crate) stage: Stage,
    pub(crate) timer: Option<(EventId, Time)>,
    /// Until when the caller waits once it has the first token.
    pub(crate) last_patience: Option<Time>,
    /// Tokens of the prompt that its endpoint had from before when it was let in.
    pub(crate) cached: u32,
    /// Which of its target's replicas has it, once it works.
    pub(crate) replica: u16,
    /// The endpoint will break its stream off before its last token: after so many.
    pub(crate) cut: Option<u32>,
    pub(crate) terms: billing::Terms,
    /// The first token is on its way to the caller.
    pub(crate) streaming: bool,
    /// When the first token arrives, or [`Time::ZERO`]. Nothing overtakes it.
    pub(crate) head: Time,
    pub(crate) answer: Answer,
    /// The response that an endpoint completed and that is on its way back by this attempt, or [`NONE`]. Where a
    /// router hedges a request may have two, until it is known which one wins.
    pub(crate) served: u32,
    /// Why it failed, in the ledger's words.
    pub(crate) blame: Option<Cause>,
    /// Its caller is gone and has left the connection open: whose it was.
    pub(crate) runs_on: Option<Sender>,
}

/// Whose an attempt was that runs on.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Sender {
    /// See [`Request::key`].
    pub(crate) key: u64,
    /// See [`Request::client`].
    pub(crate) client: u32,
}

/// Where an attempt is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// On its way there.
    Sent,
    /// At a target that never answers, or lost for good.
    Hanging,
    /// At a target that keeps the connection open and will end it without an answer.
    Held(EventId),
    /// On its way there or back over a link that loses packets, which may take long.
    Late(EventId),
    /// In an endpoint's slot or queue.
    Working(Slot),
    /// At a router that has made it a call of its own.
    Nested(u32),
    /// On its way back.
    Returning,
}

/// A fault at one node, or of a link.
#[derive(Copy, Clone, Debug)]
pub(crate) struct ActiveFault {
    /// `None` for a link, whose ways know their faults from the start.
    pub(crate) node: Option<NodeId>,
    pub(crate) kind: sandbox_model::FaultKind,
}

/// Receives every event of a run, in order.
pub type Log = Box<dyn FnMut(&EventRecord) + Send>;

/// Who is told what happens. Nobody changes it.
#[derive(Default)]
pub(crate) struct Listeners {
    pub(crate) log: Option<Log>,
    /// Each records one request.
    pub(crate) explain: Vec<Recorder>,
    pub(crate) worst: Option<Box<Worst>>,
    pub(crate) records: Option<Box<Recording>>,
    pub(crate) monitor: Option<Box<dyn Monitor>>,
}

impl Listeners {
    /// The recorder of the request with this key.
    #[inline]
    pub(crate) fn recorder_of(&mut self, key: u64) -> Option<&mut Recorder> {
        self.explain.iter_mut().find(|recorder| recorder.key == key)
    }
}

impl Clone for Listeners {
    /// Of several runs that begin alike each has a monitor of its own; the others are of one run.
    fn clone(&self) -> Self {
        Self { monitor: self.monitor.clone(), ..Self::default() }
    }
}

/// What a run keeps for its reports, beside its counts and its books. It changes no event.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Keeps {
    /// What a control twin is asked for: no times.
    Books,
    /// What objectives are measured by: no times of routers and endpoints, and the whole scenario is one bucket.
    Metrics,
    /// All of it.
    Everything,
}

/// The state of a run.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) world: World,
    pub(crate) end: Time,
    pub(crate) warm_up: Time,
    pub(crate) keeps: Keeps,
    pub(crate) requests: Slab<Request>,
    pub(crate) calls: Slab<Call>,
    pub(crate) attempts: Slab<Attempt>,
    /// Responses that endpoints completed and that have not reached their clients.
    pub(crate) completed: Slab<Served>,
    pub(crate) conversations: Slab<Conversation>,
    /// When an endpoint last completed an answer of a workload: `[workload * endpoints + endpoint]`.
    last_served: Vec<Option<Time>>,
    pub(crate) faults: Vec<ActiveFault>,
    pub(crate) beliefs: Beliefs,
    pub(crate) buckets: Buckets,
    pub(crate) cells: Cells,
    pub(crate) paths: Paths,
    pub(crate) steps: Steps,
    pub(crate) workload_tallies: Vec<Tally>,
    pub(crate) router_tallies: Vec<Tally>,
    pub(crate) endpoint_tallies: Vec<Tally>,
    /// Competing load at the start of each bucket, by congested provider.
    pub(crate) competing: Vec<Vec<f64>>,
    /// Billed for tokens, without fees.
    pub(crate) usage: Usd,
    pub(crate) billed: Usd,
    pub(crate) simulated_requests: u64,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) events: u64,
    pub(crate) listeners: Listeners,
    /// Kept between events so that they need no memory of their own.
    signals: Vec<Signal>,
    broken_off: Vec<Progress>,
}

impl Machine {
    /// A run that is about to begin, and its first events.
    pub(crate) fn new(
        resolved: &Resolved,
        script: &OutageScript,
        sky: Sky,
        keeps: Keeps,
        queue: &mut Queue,
    ) -> Self {
        let scenario = &resolved.scenario;
        let world = World::new(resolved);
        let end = Time::ZERO + scenario.duration;
        let tallies = |n: usize| (0..n).map(|_| Tally::new()).collect::<Vec<_>>();
        let bucket = if keeps == Keeps::Metrics { scenario.duration } else { resolved.bucket };
        let buckets = Buckets::new(scenario.duration, bucket, world.endpoints.len());
        let mut machine = Self {
            end,
            warm_up: Time::ZERO + scenario.warm_up,
            keeps,
            requests: Slab::new(),
            calls: Slab::new(),
            attempts: Slab::new(),
            completed: Slab::new(),
            conversations: Slab::new(),
            last_served: vec![None; world.workloads.len() * world.endpoints.len()],
            faults: Vec::new(),
            beliefs: Beliefs::new(world.nodes.len(), buckets.rows.len(), bucket),
            paths: Paths::default(),
            steps: Steps::default(),
            cells: Cells::new(world.workloads.len(), world.endpoints.len()),
            workload_tallies: tallies(world.workloads.len()),
            router_tallies: tallies(world.routers.len()),
            endpoint_tallies: tallies(world.endpoints.len()),
            competing: vec![Vec::new(); world.congestions.len()],
            usage: Usd::ZERO,
            billed: Usd::ZERO,
            simulated_requests: 0,
            fingerprint: Fingerprint::new(),
            events: 0,
            listeners: Listeners::default(),
            signals: Vec::new(),
            broken_off: Vec::new(),
            buckets,
            world,
        };
        match sky {
            Sky::Drawn => {
                machine.schedule_faults(resolved, script, queue);
                for provider in 0..machine.world.congestions.len() {
                    queue.schedule(Time::ZERO, 1, Event::Congestion(provider as u16));
                }
            }
            Sky::Calm => {
                machine.world.network.calm_down();
                for provider in 0..machine.world.congestions.len() {
                    machine.set_calm_load(provider);
                }
            }
        }
        machine.schedule_feeds(queue);
        for workload in 0..machine.world.workloads.len() {
            machine.schedule_arrival(workload as u16, Time::ZERO, queue);
        }
        machine
    }

    fn schedule(&self, at: Time, event: Event, queue: &mut Queue) -> EventId {
        queue.schedule(at, event.class(), event)
    }

    /// What an event is about; to be asked before it is handled.
    pub(crate) fn record(&self, now: Time, event: Event) -> EventRecord {
        let of_request = |request: u32| {
            (request != NONE).then(|| {
                let request = &self.requests[request];
                (request.workload, request.key & ((1 << KEY_BITS) - 1))
            })
        };
        let (request, node, answer) = match event {
            Event::Arrival(w) => {
                let workload = &self.world.workloads[w as usize];
                (Some((w, workload.drawn)), Some(workload.entry), None)
            }
            Event::Deliver(a) | Event::Timer(a) | Event::Return(a) | Event::Blank(a) | Event::Head(a) => {
                let attempt = &self.attempts[a];
                let answer = matches!(event, Event::Return(_)).then_some(attempt.answer);
                (of_request(attempt.request), Some(attempt.target), answer)
            }
            Event::Wake(c) => {
                let call = &self.calls[c];
                (of_request(call.request), Some(self.world.routers[call.router as usize].node), None)
            }
            Event::FaultBegin(f) | Event::FaultEnd(f) => (None, self.faults[f as usize].node, None),
            Event::Endpoint(r) => (None, Some(NodeId(self.world.replicas[r as usize].endpoint)), None),
            Event::Fleet(r) => (None, Some(self.world.routers[r as usize].node), None),
            Event::Congestion(_) => (None, None, None),
        };
        EventRecord { at: now, kind: event.kind(), request, node, answer }
    }

    /// Whether a router is somewhere of its own: then what it serves counts as served by a grid.
    fn is_grid(&self, router: u16) -> bool {
        self.world.routers[router as usize].is_gateway
    }

    /// The recorder of a request, if it has one.
    #[inline]
    fn recorder(&mut self, request: u32) -> Option<&mut Recorder> {
        // First of all: it is hardly ever there.
        if self.listeners.explain.is_empty() || request == NONE {
            return None;
        }
        self.listeners.recorder_of(self.requests[request].key)
    }

    /// Nothing more can happen to an attempt.
    #[inline]
    fn free(&mut self, id: u32) {
        self.attempts.give_back(id);
        if let Some(records) = &mut self.listeners.records {
            records.freed(id);
        }
    }

    fn router_of(&self, node: NodeId) -> Option<u16> {
        match self.world.nodes[node.index()].kind {
            Kind::Router(index) => Some(index),
            Kind::Endpoint(_) => None,
        }
    }
}

impl Model for Machine {
    type Event = Event;

    #[inline]
    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue) {
        self.events += 1;
        self.fingerprint.mix(now.as_nanos());
        self.fingerprint.mix(u64::from(event.kind() as u8) << 32 | u64::from(event.index()));
        if self.listeners.log.is_some() {
            let record = self.record(now, event);
            if let Some(log) = &mut self.listeners.log {
                log(&record);
            }
        }
        if !self.listeners.explain.is_empty() {
            self.listeners.explain.iter_mut().for_each(|recorder| recorder.now = now);
        }
        match event {
            Event::Arrival(workload) => self.arrive(workload, now, queue),
            Event::Deliver(attempt) => self.deliver(attempt, now, queue),
            Event::Endpoint(replica) => self.run_replica(replica, now, queue),
            Event::Return(attempt) => self.answered(attempt, now, queue),
            Event::Head(attempt) => self.win(attempt, now, queue),
            Event::Timer(attempt) => self.lose_patience(attempt, now, queue),
            Event::Wake(call) => self.wake(call, now, queue),
            Event::Blank(attempt) => self.end_blank(attempt, now, queue),
            Event::FaultBegin(fault) => self.begin_fault(fault, now, queue),
            Event::FaultEnd(fault) => self.end_fault(fault, now, queue),
            Event::Congestion(provider) => self.step_congestion(provider, now, queue),
            Event::Fleet(router) => self.report(router, now, queue),
        }
    }
}

/// The ledger's word for a limit.
const fn limit_cause(limit: LimitKind) -> Cause {
    match limit {
        LimitKind::Tokens => Cause::RateLimitTokens,
        LimitKind::Requests | LimitKind::Concurrency => Cause::RateLimitRequests,
    }
}

/// How often competing load is stepped.
const STEP: Span = CONGESTION_STEP;

//! Routers decide; attempts are made.

use std::cell::Cell;

use sandbox_core::{Rng as _, Span, Time};
use sandbox_model::{Answer, Cause, NodeId, Status, Usd};
use sandbox_routers::{Call as Asked, Decision, Reason, Tried};

use super::billing::Terms;
use super::crossing::Crossing;
use super::{Attempt, Call, Event, KEY_BITS, Machine, Queue, Request, Stage};
use crate::account::{AttemptKind, Outcome, Path};
use crate::explain::Leaves;
use crate::monitor::Decided;
use crate::records::AttemptRecord;
use crate::slab::{NONE, Slab};
use crate::world::Conversation;

/// What a router's caller gets when its timer for the whole request ends (Envoy: 504).
pub(super) const TOO_LATE: Answer = Answer::failed(Status(504));

/// Most attempts that a router makes for a request: a strategy that wants more never gives up. See [`Attempt::place`].
const ATTEMPTS_MAX: usize = u16::MAX as usize;

/// Most times that a strategy is asked about a request: one that wants more hardly lets time pass.
const ASKED_MAX: u32 = 1_000_000;

/// The number of a request's conversation, unlike that of any other workload's.
pub(super) fn conversation_of(request: &Request, conversations: &Slab<Conversation>) -> Option<u64> {
    let workload = u64::from(request.workload) << KEY_BITS;
    (request.conversation != NONE).then(|| workload | conversations[request.conversation].number)
}

impl Machine {
    /// A client's own attempt at a gateway somewhere else.
    pub(super) fn client_attempt(
        &mut self,
        request: u32,
        entry: NodeId,
        region: u16,
        path: Path,
        now: Time,
        queue: &mut Queue,
    ) {
        let deadline = self.requests[request].deadline;
        self.send(NONE, request, entry, 0, region, path, 0, now, Some(deadline), Some(deadline), queue);
    }

    /// A request reaches a router.
    #[expect(clippy::too_many_arguments, reason = "a call is made of all of these, in two places")]
    pub(super) fn start_call(
        &mut self,
        request: u32,
        parent: u32,
        router: u16,
        region: u16,
        path: Path,
        luck: u64,
        now: Time,
        queue: &mut Queue,
    ) {
        let id = self.calls.take(|| Call {
            request,
            parent,
            router,
            region,
            path,
            luck,
            began: now,
            note: Cell::new(0),
            live: Vec::new(),
            heads: Vec::new(),
            wake: None,
            asked: 0,
            tried: Vec::new(),
        });
        let call = &mut self.calls[id];
        // The lists keep their memory from the call before.
        let (mut live, mut heads, mut tried) = (
            std::mem::take(&mut call.live),
            std::mem::take(&mut call.heads),
            std::mem::take(&mut call.tried),
        );
        live.clear();
        heads.clear();
        tried.clear();
        let note = Cell::new(0);
        *call = Call {
            request,
            parent,
            router,
            region,
            path,
            luck,
            began: now,
            note,
            live,
            heads,
            wake: None,
            asked: 0,
            tried,
        };
        if parent != NONE {
            self.attempts[parent].stage = Stage::Nested(id);
        }
        let node = self.world.routers[router as usize].node;
        if let Some(recorder) = self.recorder(request) {
            recorder.enter(id, parent, node);
        }
        let r = &mut self.requests[request];
        r.routed = true;
        if r.counted {
            self.router_tallies[router as usize].arrive();
        }
        self.step(id, now, queue);
    }

    /// Asks a call's router what to do next, and does it; one that hedges is asked again as soon as an attempt runs.
    pub(super) fn step(&mut self, id: u32, now: Time, queue: &mut Queue) {
        while self.asks_on(id, now, queue) {}
    }

    /// Asks once, and says whether to ask again at once.
    fn asks_on(&mut self, id: u32, now: Time, queue: &mut Queue) -> bool {
        if let Some(wake) = self.calls[id].wake.take() {
            queue.cancel(wake);
        }
        let router = self.calls[id].router;
        if self.world.routers[router as usize].wants_truth {
            self.reveal_truth(id, now);
        }
        if self.world.prices_move {
            self.world.show_prices(router, now);
        }
        let call = &mut self.calls[id];
        call.asked += 1;
        assert!(
            call.asked <= ASKED_MAX,
            "a strategy is asked more than {ASKED_MAX} times what to do for a request"
        );
        let call = &self.calls[id];
        let allowed = self.world.permitted(self.requests[call.request].key, router);
        let r = &mut self.world.routers[router as usize];
        let request = &self.requests[call.request];
        let asked = Asked {
            now,
            request: request.key,
            attempts: &call.tried,
            noise: r.noise,
            allowed,
            began: call.began,
            input: request.input,
            conversation: conversation_of(request, &self.conversations),
            streams: self.world.workloads[request.workload as usize].stream,
            note: &call.note,
        };
        let recorder = self.listeners.explain.iter_mut().find(|recorder| recorder.key == request.key);
        // Asked before `next`, which changes what is remembered.
        let recorder = recorder.map(|recorder| (recorder, r.strategy.exclusions(&asked, &r.views)));
        let decision = r.strategy.next(&asked, &r.views);
        if let Decision::Try { target, .. } = decision {
            let count = r.targets.len();
            assert!(
                target < count,
                "a strategy asks for target {target}, and there are {count}, counted from 0"
            );
            assert!(
                call.tried.len() < ATTEMPTS_MAX,
                "a strategy makes more than {ATTEMPTS_MAX} attempts for a request"
            );
        }
        if let Some(monitor) = &mut self.listeners.monitor {
            let (router, strategy) = (usize::from(router), &*r.strategy);
            monitor.decided(&Decided { router, call: &asked, targets: &r.views, decision, strategy });
        }
        if let Some((recorder, excluded)) = recorder {
            let (tried, running) = (!call.tried.is_empty(), !call.live.is_empty());
            recorder.decide(id, &r.targets, excluded, decision, tried, running);
        }
        if r.sweeps {
            // The clock may have changed what it believes, and while all are out there are no results to learn from.
            self.update_beliefs(router as usize, now);
        }
        match decision {
            Decision::Try { target, reason } => {
                self.try_target(id, target, reason, now, queue);
                return self.world.routers[router as usize].hedges;
            }
            Decision::Wait { until } => {
                assert!(until > now, "a strategy waits for a time that has passed");
                if until == Time::MAX {
                    assert!(!self.calls[id].live.is_empty(), "a strategy waits for nothing");
                    return false;
                }
                let until = self.patience(id, None, until);
                let wake = self.schedule(until, Event::Wake(id), queue);
                self.calls[id].wake = Some(wake);
            }
            Decision::GiveUp(answer) => self.end_call(id, answer, NONE, now, queue),
        }
        false
    }

    /// The earliest of a time, a timer, the router's timer for the whole request, and for an entry router without a client
    /// attempt the client's deadline.
    fn patience(&self, call: u32, timer: Option<Time>, until: Time) -> Time {
        let until = timer.map_or(until, |timer| timer.min(until)).min(self.overall(call));
        let call = &self.calls[call];
        if call.parent == NONE { until.min(self.requests[call.request].deadline) } else { until }
    }

    /// When the router's timer for the whole request ends.
    pub(super) fn overall(&self, call: u32) -> Time {
        let call = &self.calls[call];
        let overall = self.world.routers[call.router as usize].timeouts.overall;
        overall.map_or(Time::MAX, |overall| call.began.saturating_add(overall))
    }

    pub(super) fn wake(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let late = now >= self.overall(id);
        let call = &mut self.calls[id];
        call.wake = None;
        if call.parent == NONE && now >= self.requests[call.request].deadline {
            if !call.live.is_empty() {
                // Their own timers are due.
                return;
            }
            self.end_call(id, Answer::TimedOut, NONE, now, queue);
        } else if !late {
            self.step(id, now, queue);
        } else if call.live.is_empty() {
            self.end_call(id, TOO_LATE, NONE, now, queue);
        }
    }

    fn try_target(&mut self, id: u32, number: usize, reason: Reason, now: Time, queue: &mut Queue) {
        let call = &self.calls[id];
        let (request, router, region, parent_path) = (call.request, call.router, call.region, call.path);
        let target = self.world.routers[router as usize].targets[number];
        let again = call.tried.iter().filter(|tried| tried.target == number).count() as u64;
        let kind = match (call.tried.is_empty(), again > 0) {
            _ if reason == Reason::Hedge => AttemptKind::Hedge,
            (true, _) => AttemptKind::First,
            (_, true) => AttemptKind::Retry,
            _ => AttemptKind::Fallback,
        };
        let luck = call.luck * 64 + again.min(63);
        let at_entry = call.parent == NONE || self.attempts[call.parent].call == NONE;
        let path = self.path_of(id, parent_path, target, reason, now);
        let timeouts = self.world.routers[router as usize].timeouts;
        let after = |span: Option<Span>| span.map(|span| now.saturating_add(span));
        let total = after(timeouts.total);
        let last = self.patience(id, total, Time::MAX);
        let first = after(timeouts.first_token).map_or(last, |first| first.min(last));
        let real = |at: Time| (at < Time::MAX).then_some(at);
        if at_entry {
            self.requests[request].attempts += 1;
        }
        if self.requests[request].counted {
            self.router_tallies[router as usize].attempt(kind);
            if at_entry {
                let workload = self.requests[request].workload;
                self.workload_tallies[workload as usize].attempt(kind);
                self.buckets.at(now).attempts += 1;
            }
        }
        let retry = matches!(kind, AttemptKind::Retry | AttemptKind::Fallback);
        let view = &mut self.world.routers[router as usize].views[number];
        view.in_flight += 1;
        view.retries += u32::from(retry);
        self.calls[id].tried.push(Tried { target: number, answer: None, at: now });
        let attempt = self.send(
            id,
            request,
            target,
            number as u16,
            region,
            path,
            luck,
            now,
            real(first),
            real(last),
            queue,
        );
        if let Some(recorder) = self.recorder(request) {
            let leaves = match (parent_path, path) {
                (Path::Open, Path::Leak { cause, avoidable, .. }) => Some(Leaves { cause, avoidable }),
                _ => None,
            };
            recorder.sent(attempt, leaves);
        }
        if let Some(records) = &mut self.listeners.records {
            records.chosen(attempt, reason, (self.calls[id].tried.len() - 1) as u16);
        }
        let call = &mut self.calls[id];
        self.attempts[attempt].place = (call.tried.len() - 1) as u16;
        self.attempts[attempt].retry = retry;
        call.live.push(attempt);
    }

    /// Where an attempt at `target` stands towards the plan; if it leaves it here, why.
    fn path_of(&mut self, call: u32, parent: Path, target: NodeId, reason: Reason, now: Time) -> Path {
        if parent != Path::Open {
            return parent;
        }
        let request = self.calls[call].request;
        let r = &self.requests[request];
        let plan = self.world.workloads[r.workload as usize].plan;
        if target == plan {
            return Path::Plan;
        }
        if self.world.reaches[r.workload as usize][target.index()] {
            return Path::Open;
        }
        let (failure, tried_plan) = (r.plan_failure, r.tried_plan);
        let trouble = self.trouble_at_plan(call, now);
        let cause = failure.unwrap_or(match reason {
            Reason::Spread => Cause::Spill,
            Reason::Guarded => Cause::Guard,
            Reason::Hedge => Cause::Hedge,
            Reason::Avoids => trouble.unwrap_or(Cause::Cooldown),
            Reason::Choice | Reason::Failed => Cause::Misroute,
        });
        // Further attempts off the plan left it for the same reason, unless the plan fails the request again.
        self.requests[request].plan_failure.get_or_insert(cause);
        Path::Leak { cause, avoidable: trouble.is_none(), tried_plan }
    }

    /// Sends an attempt on its way.
    #[expect(clippy::too_many_arguments, reason = "clients and routers both send, and say all of this")]
    fn send(
        &mut self,
        call: u32,
        request: u32,
        target: NodeId,
        number: u16,
        region: u16,
        path: Path,
        luck: u64,
        now: Time,
        first_patience: Option<Time>,
        last_patience: Option<Time>,
        queue: &mut Queue,
    ) -> u32 {
        let r = &self.requests[request];
        let node = &self.world.nodes[target.index()];
        // One number for the network and one for the prefill, whether they are needed or not.
        let mut draw = node.noise.at(r.key, 2 * luck);
        let network = draw.next_u64();
        let prefill_luck = draw.next_u64();
        let (key, input) = (r.key, r.input);
        let (round_trip, crossing, region_there) = match node.region {
            None => (Span::ZERO, Crossing::Smooth(Span::ZERO), region),
            Some(to) => {
                let link = &self.world.links[region as usize * self.world.regions + to as usize];
                let round_trip = link.round_trip(network);
                (round_trip, self.cross(key, input, target, region, to, round_trip, luck, now), to)
            }
        };
        let (r, node) = (&self.requests[request], &self.world.nodes[target.index()]);
        let attempt = Attempt {
            call,
            request,
            target,
            number,
            place: 0,
            retry: false,
            workload: r.workload,
            counted: r.counted,
            first: r.first.unwrap_or(target),
            from: region,
            region: region_there,
            input: r.input,
            output: r.output,
            began: now,
            round_trip,
            luck,
            prefill_luck,
            path,
            stage: Stage::Sent,
            timer: None,
            last_patience,
            cached: 0,
            replica: 0,
            cut: None,
            terms: Terms::NONE,
            streaming: false,
            head: Time::ZERO,
            answer: Answer::TimedOut,
            served: NONE,
            blame: None,
            runs_on: None,
        };
        let overhead = node.overhead;
        self.requests[request].first.get_or_insert(target);
        let id = self.attempts.insert(attempt);
        for recorder in &mut self.listeners.explain {
            recorder.forget(id);
        }
        if let Some(records) = &mut self.listeners.records {
            let r = &self.requests[request];
            let record = AttemptRecord {
                workload: usize::from(r.workload),
                number: r.key & ((1 << KEY_BITS) - 1),
                counted: r.counted,
                router: (call != NONE).then(|| self.world.routers[self.calls[call].router as usize].node),
                target,
                place: 0,
                reason: None,
                leak: match path {
                    Path::Leak { cause, avoidable, .. } => Some((cause, avoidable)),
                    Path::Open | Path::Plan => None,
                },
                began: now,
                first_token: None,
                ended: now,
                answer: None,
                billed: Usd::ZERO,
                wasted: Usd::ZERO,
            };
            records.sent(id, record);
        }
        match crossing {
            Crossing::Smooth(there) => {
                self.schedule(now.saturating_add(there).saturating_add(overhead), Event::Deliver(id), queue);
            }
            Crossing::Rough(there) => {
                let arrives = now.saturating_add(there).saturating_add(overhead);
                let event = self.schedule(arrives, Event::Deliver(id), queue);
                self.attempts[id].stage = Stage::Late(event);
            }
            Crossing::Lost => self.attempts[id].stage = Stage::Hanging,
        }
        if let Some(at) = first_patience {
            let timer = self.schedule(at, Event::Timer(id), queue);
            self.attempts[id].timer = Some((timer, at));
        }
        id
    }

    /// A router is done with a request; `served` is the response that it passes on, or [`NONE`].
    pub(super) fn end_call(&mut self, id: u32, answer: Answer, served: u32, now: Time, queue: &mut Queue) {
        self.leave_losers(id, answer.is_ok(), now, queue);
        let call = &self.calls[id];
        let (request, parent, router) = (call.request, call.parent, call.router);
        let tried = !call.tried.is_empty();
        let r = &self.requests[request];
        if r.counted {
            let response = (served != NONE).then(|| &self.completed[served]);
            let outcome = match (answer, response.map(|s| s.path)) {
                (Answer::Ok, Some(Path::Leak { .. })) => Outcome::Leak,
                (Answer::Ok, _) => Outcome::Plan,
                _ if tried => Outcome::Failed,
                _ => Outcome::Shed,
            };
            let tally = &mut self.router_tallies[router as usize];
            tally.leave(outcome);
            if let Some(response) = response {
                tally.serve(response);
            }
        }
        self.calls.give_back(id);
        if parent == NONE {
            self.finish_request(request, answer, served, now);
        } else {
            self.attempts[parent].served = served;
            self.answer(parent, answer, None, now, queue);
        }
    }
}

//! Answers on their way back: first tokens, last ones, and what routers learn from them.

use sandbox_core::Time;
use sandbox_model::{Answer, Cause, Status, Usd};
use sandbox_providers::LinkSpec;
use sandbox_routers::{Seen, Tried};

use super::calls::conversation_of;
use super::crossing::{END, FIRST_TOKEN};
use super::{Event, Keeps, Machine, Queue, Stage};
use crate::account::Path;
use crate::monitor::Learnt;
use crate::slab::NONE;
use crate::world::Kind;

impl Machine {
    /// An attempt gets its answer, which sets out for the caller.
    pub(super) fn answer(
        &mut self,
        id: u32,
        answer: Answer,
        blame: Option<Cause>,
        now: Time,
        queue: &mut Queue,
    ) {
        let attempt = &mut self.attempts[id];
        if attempt.request == NONE {
            // Nobody reads it.
            self.free(id);
            return;
        }
        attempt.answer = answer;
        attempt.blame = blame;
        attempt.stage = Stage::Returning;
        let head = attempt.head;
        match self.rough_way_back(id, END, now) {
            None => {
                let at = now.saturating_add(LinkSpec::back(self.attempts[id].round_trip));
                self.schedule(at, Event::Return(id), queue);
            }
            Some(at) => {
                let event = self.schedule(at.max(head), Event::Return(id), queue);
                self.attempts[id].stage = Stage::Late(event);
            }
        }
    }

    /// The first token of an attempt leaves its target: everyone on the way to the client gets it, unless their
    /// patience ends before. At a router that hedges the rest of the way waits until it is there.
    pub(super) fn pass_first_token(&mut self, mut id: u32, now: Time, queue: &mut Queue) {
        let mut at = now;
        loop {
            let rough = self.rough_way_back(id, FIRST_TOKEN, at);
            let attempt = &mut self.attempts[id];
            at = rough.unwrap_or_else(|| at.saturating_add(LinkSpec::back(attempt.round_trip)));
            attempt.head = at;
            if let Some((timer, patience)) = attempt.timer {
                if patience < at {
                    return;
                }
                if attempt.last_patience != Some(patience) {
                    match attempt.last_patience {
                        Some(last) => {
                            queue.reschedule(timer, last);
                            attempt.timer = Some((timer, last));
                        }
                        None => {
                            queue.cancel(timer);
                            attempt.timer = None;
                        }
                    }
                }
            }
            attempt.streaming = true;
            let owner = attempt.request;
            if let Some(recorder) = self.recorder(owner) {
                recorder.first_token(id, at);
            }
            if let Some(records) = &mut self.listeners.records {
                records.first_token(id, at);
            }
            let attempt = &self.attempts[id];
            let (call, began, counted, request) =
                (attempt.call, attempt.began, attempt.counted, attempt.request);
            let counted = counted && self.keeps == Keeps::Everything;
            if let (Kind::Endpoint(e), true) = (self.world.nodes[attempt.target.index()].kind, counted) {
                let ttft = at.since(began);
                self.endpoint_tallies[e as usize].ttft.record(ttft);
            }
            if call == NONE {
                self.first_token_reaches_client(request, at);
                return;
            }
            if self.world.routers[self.calls[call].router as usize].hedges {
                let event = self.schedule(at, Event::Head(id), queue);
                self.calls[call].heads.push((id, event));
                return;
            }
            match self.first_token_at_router(call, at) {
                Some(parent) => id = parent,
                None => return,
            }
        }
    }

    /// The first token of an attempt reaches a router that hedges: the attempt has won.
    pub(super) fn win(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let call = self.attempts[id].call;
        let c = &mut self.calls[call];
        c.heads.retain(|&(attempt, _)| attempt != id);
        c.live.retain(|&attempt| attempt != id);
        self.leave_losers(call, true, now, queue);
        self.calls[call].live.push(id);
        if let Some(parent) = self.first_token_at_router(call, now) {
            self.pass_first_token(parent, now, queue);
        }
    }

    /// A first token is at a router; returns the attempt that brought the request there, which passes it on.
    fn first_token_at_router(&mut self, call: u32, at: Time) -> Option<u32> {
        let call = &self.calls[call];
        let (parent, router, began, request) = (call.parent, call.router, call.began, call.request);
        if self.requests[request].counted && self.keeps == Keeps::Everything {
            self.router_tallies[router as usize].ttft.record(at.since(began));
        }
        if parent == NONE {
            self.first_token_reaches_client(request, at);
            return None;
        }
        Some(parent)
    }

    /// An answer reaches its caller.
    pub(super) fn answered(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let attempt = &mut self.attempts[id];
        let (call, request, answer) = (attempt.call, attempt.request, attempt.answer);
        if request == NONE {
            // Its caller is gone.
            self.free(id);
            return;
        }
        if let Some((timer, _)) = attempt.timer.take() {
            queue.cancel(timer);
        }
        let pool = attempt.target.index() * self.world.regions;
        let region = attempt.from;
        self.world.connections[pool + region as usize].answered(now);
        if !answer.is_ok() && attempt.path == Path::Plan {
            self.requests[request].tried_plan = true;
            let known = &mut self.requests[request].plan_failure;
            // A router that turned it away without an attempt blames nobody: its answer tells.
            *known = attempt.blame.or(*known).or(Some(match answer.status() {
                Status::NOT_FOUND | Status::FORBIDDEN => Cause::Guard,
                Status::TOO_MANY_REQUESTS => Cause::Cooldown,
                _ => Cause::Outage,
            }));
        }
        let (streaming, served) = (attempt.streaming, attempt.served);
        if call == NONE {
            self.tell_end(id, Some(answer), now);
            self.free(id);
            self.finish_request(request, answer, served, now);
            return;
        }
        self.learn(id, answer, now, queue);
        self.free(id);
        if answer.is_ok() {
            self.end_call(call, Answer::Ok, served, now, queue);
        } else if streaming {
            // The client has part of the answer: nothing can be tried again.
            self.end_call(call, Answer::Cut, NONE, now, queue);
        } else {
            self.step(call, now, queue);
        }
    }

    /// A router learns how one of its attempts ended.
    pub(super) fn learn(&mut self, id: u32, answer: Answer, now: Time, queue: &mut Queue) {
        let owner = self.attempts[id].request;
        if let Some(recorder) = self.recorder(owner) {
            recorder.ended(id, Some(answer));
        }
        self.tell_end(id, Some(answer), now);
        let attempt = &self.attempts[id];
        let (number, target) = (attempt.number as usize, attempt.target);
        let request = &self.requests[attempt.request];
        let call = &self.calls[attempt.call];
        let by_caller = answer == Answer::TimedOut && call.parent == NONE && now >= request.deadline;
        let served = (answer.is_ok() && attempt.served != NONE).then(|| &self.completed[attempt.served]);
        let seen = Seen {
            first_token: (attempt.head > Time::ZERO && attempt.head <= now).then_some(attempt.head),
            input: attempt.input,
            output: served.map_or(0, |served| served.output),
            cached: attempt.cached,
            billed: served.map_or(Usd::ZERO, |served| served.billed),
            conversation: conversation_of(request, &self.conversations),
            by_caller,
            streams: self.world.workloads[request.workload as usize].stream,
            ..Seen::new(now, number, answer, attempt.began)
        };
        let call = &mut self.calls[attempt.call];
        let (place, router) = (attempt.place as usize, call.router as usize);
        call.live.retain(|&other| other != id);
        call.heads.retain(|&(other, event)| {
            if other == id {
                queue.cancel(event);
            }
            other != id
        });
        call.tried[place] = Tried { target: number, answer: Some(answer), at: now };
        let r = &mut self.world.routers[router];
        r.views[number].in_flight -= 1;
        r.views[number].retries -= u32::from(attempt.retry);
        r.strategy.observe(&seen);
        if let Some(monitor) = &mut self.listeners.monitor {
            monitor.learnt(&Learnt { router, request: request.key, seen: &seen });
        }
        if r.sweeps {
            self.update_beliefs(router, now);
        } else {
            self.update_belief(target, now);
        }
    }

    /// Records that an attempt ends for its caller.
    #[inline]
    pub(super) fn tell_end(&mut self, id: u32, answer: Option<Answer>, now: Time) {
        if let Some(records) = &mut self.listeners.records {
            records.ended(id, now, answer);
        }
    }

    /// Notes what a router believes of all its targets.
    pub(super) fn update_beliefs(&mut self, router: usize, now: Time) {
        for number in 0..self.world.routers[router].targets.len() {
            self.update_belief(self.world.routers[router].targets[number], now);
        }
    }
}

//! Answers on their way back: first tokens, last ones, and what routers learn from them.

use sandbox_core::Time;
use sandbox_model::{Answer, Cause, Status};
use sandbox_providers::LinkSpec;
use sandbox_routers::{Seen, Tried};

use super::crossing::{END, FIRST_TOKEN};
use super::{Event, Machine, Queue, Stage};
use crate::account::Path;
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
    /// patience ends before.
    pub(super) fn pass_first_token(&mut self, mut id: u32, now: Time, queue: &mut Queue) {
        let mut at = now;
        loop {
            let rough = self.rough_way_back(id, FIRST_TOKEN, at);
            let attempt = &mut self.attempts[id];
            at = match rough {
                None => at.saturating_add(LinkSpec::back(attempt.round_trip)),
                Some(arrives) => {
                    attempt.head = arrives;
                    arrives
                }
            };
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
            let (call, began, counted, request) =
                (attempt.call, attempt.began, attempt.counted, attempt.request);
            // The twin's times are nobody's concern.
            let counted = counted && self.detailed;
            if let (Kind::Endpoint(e), true) = (self.world.nodes[attempt.target.index()].kind, counted) {
                let ttft = at.since(began);
                crate::account::record_ttft(&mut self.endpoint_tallies[e as usize].ttft, ttft);
            }
            if call == NONE {
                self.first_token_reaches_client(request, at);
                return;
            }
            let call = &self.calls[call];
            let (parent, router, began) = (call.parent, call.router, call.began);
            if counted {
                crate::account::record_ttft(&mut self.router_tallies[router as usize].ttft, at.since(began));
            }
            if parent == NONE {
                self.first_token_reaches_client(request, at);
                return;
            }
            id = parent;
        }
    }

    /// An answer reaches its caller.
    pub(super) fn answered(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let attempt = &mut self.attempts[id];
        let (call, request, answer) = (attempt.call, attempt.request, attempt.answer);
        if request == NONE {
            // Its caller is gone.
            self.attempts.give_back(id);
            return;
        }
        if let Some((timer, _)) = attempt.timer.take() {
            queue.cancel(timer);
        }
        let pool = attempt.target.index() * self.world.regions;
        let region = attempt.from;
        self.world.connections[pool + region as usize].answered(now);
        if !answer.is_ok() && attempt.path == Path::Plan {
            let known = &mut self.requests[request].plan_failure;
            // A router that turned it away without an attempt blames nobody: its answer tells.
            *known = attempt.blame.or(*known).or(Some(match answer.status() {
                Status::NOT_FOUND | Status::FORBIDDEN => Cause::Guard,
                Status::TOO_MANY_REQUESTS => Cause::Cooldown,
                _ => Cause::Outage,
            }));
        }
        if call == NONE {
            self.attempts.give_back(id);
            self.finish_request(request, answer);
            return;
        }
        let streaming = attempt.streaming;
        self.learn(id, answer, now);
        self.attempts.give_back(id);
        if answer.is_ok() {
            self.end_call(call, Answer::Ok, now, queue);
        } else if streaming {
            // The client has part of the answer: nothing can be tried again.
            self.end_call(call, Answer::Cut, now, queue);
        } else {
            self.step(call, now, queue);
        }
    }

    /// A router learns how one of its attempts ended.
    pub(super) fn learn(&mut self, id: u32, answer: Answer, now: Time) {
        let attempt = &self.attempts[id];
        let (call, number, target, began) =
            (attempt.call, attempt.number as usize, attempt.target, attempt.began);
        let call = &mut self.calls[call];
        call.live = NONE;
        call.tried.push(Tried { target: number, answer: Some(answer), at: now });
        let router = &mut self.world.routers[call.router as usize];
        router.views[number].in_flight -= 1;
        router.strategy.observe(&Seen { now, target: number, answer, began });
        self.update_belief(target, now);
    }
}

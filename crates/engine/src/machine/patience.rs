//! Callers run out of patience, and what they leave behind.

use sandbox_core::Time;
use sandbox_model::Answer;

use super::calls::TOO_LATE;
use super::{Machine, Queue, Sender, Stage};
use crate::account::{Outcome, Path};
use crate::monitor::Left;
use crate::paths::Start;
use crate::slab::NONE;

impl Machine {
    /// A caller runs out of patience with an attempt.
    pub(super) fn lose_patience(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let attempt = &mut self.attempts[id];
        attempt.timer = None;
        let (call, request, path, streaming) =
            (attempt.call, attempt.request, attempt.path, attempt.streaming);
        if path == Path::Plan {
            let trouble = self.trouble_behind_silence(id, now);
            let r = &mut self.requests[request];
            (r.plan_failure, r.tried_plan) = (Some(trouble), true);
        }
        if call != NONE {
            self.learn(id, Answer::TimedOut, now, queue);
        } else {
            self.tell_end(id, Some(Answer::TimedOut), now);
        }
        self.abandon(id, false, now, queue);
        if call == NONE {
            self.finish_request(request, Answer::TimedOut, NONE, now);
            return;
        }
        let late = self.calls[call].parent == NONE && now >= self.requests[request].deadline;
        if late || streaming {
            self.end_call(call, Answer::TimedOut, NONE, now, queue);
        } else if now >= self.overall(call) {
            self.end_call(call, TOO_LATE, NONE, now, queue);
        } else {
            self.step(call, now, queue);
        }
    }

    /// A call leaves all its attempts that run. `lost`: another has won.
    pub(super) fn leave_losers(&mut self, call: u32, lost: bool, now: Time, queue: &mut Queue) {
        let router = &self.world.routers[self.calls[call].router as usize];
        let runs_on = lost && !router.cancels_losers;
        self.leave_all(call, lost, runs_on, now, queue);
    }

    fn leave_all(&mut self, call: u32, lost: bool, runs_on: bool, now: Time, queue: &mut Queue) {
        let c = &mut self.calls[call];
        if let Some(wake) = c.wake.take() {
            queue.cancel(wake);
        }
        if c.live.is_empty() {
            return;
        }
        for (_, event) in c.heads.drain(..) {
            queue.cancel(event);
        }
        let (mut live, router, request) = (std::mem::take(&mut c.live), c.router as usize, c.request);
        for loser in live.drain(..) {
            if let Some(recorder) = self.recorder(request) {
                recorder.ended(loser, None);
            }
            self.tell_end(loser, None, now);
            let number = self.attempts[loser].number as usize;
            let view = &mut self.world.routers[router].views[number];
            view.in_flight -= 1;
            view.retries -= u32::from(self.attempts[loser].retry);
            if let Some(monitor) = &mut self.listeners.monitor {
                let (request, began) = (self.requests[request].key, self.attempts[loser].began);
                monitor.left(&Left {
                    now,
                    router,
                    request,
                    target: number,
                    began,
                    lost,
                    cancelled: !runs_on,
                });
            }
            self.abandon(loser, runs_on, now, queue);
        }
        self.calls[call].live = live;
    }

    /// Leaves an attempt to itself: nobody waits for it any more. `runs_on`: its connection stays open. Then it is
    /// delivered and served as if somebody waited; one that is on its way to a router is lost, which makes no attempt for
    /// it, and a router that has it makes no further ones.
    fn abandon(&mut self, id: u32, runs_on: bool, now: Time, queue: &mut Queue) {
        if runs_on {
            let request = &self.requests[self.attempts[id].request];
            let sender = Sender { key: request.key, client: request.client };
            self.attempts[id].runs_on = Some(sender);
            if self.world.has_fees && matches!(self.attempts[id].stage, Stage::Sent | Stage::Late(_)) {
                // Nobody will know by the time that it arrives.
                self.attempts[id].terms.way = self.way_of(id);
            }
        }
        let attempt = &mut self.attempts[id];
        if let Some((timer, _)) = attempt.timer.take() {
            queue.cancel(timer);
        }
        let (stage, served) = (attempt.stage, attempt.served);
        let (workload, counted, request) = (attempt.workload, attempt.counted, attempt.request);
        let first = attempt.first;
        attempt.served = NONE;
        attempt.call = NONE;
        attempt.request = NONE;
        if served != NONE {
            // What had been completed and was on its way comes too late.
            let response = self.completed.remove(served);
            if let Some(recorder) = self.recorder(request) {
                recorder.waste();
            }
            if let Some(records) = &mut self.listeners.records {
                records.arrived(served, true);
            }
            self.enter_waste(Start { workload, first: Some(first) }, counted, &response);
        }
        match stage {
            // The event that is due frees it.
            Stage::Sent | Stage::Returning => {}
            Stage::Hanging => self.free(id),
            Stage::Held(_) | Stage::Late(_) if runs_on => {}
            Stage::Held(event) | Stage::Late(event) => {
                queue.cancel(event);
                self.free(id);
            }
            Stage::Working(slot) => self.abandon_at_endpoint(id, slot, now, queue),
            Stage::Nested(call) => {
                self.abandon_call(call, runs_on, now, queue);
                self.free(id);
            }
        }
    }

    fn abandon_call(&mut self, id: u32, runs_on: bool, now: Time, queue: &mut Queue) {
        self.leave_all(id, false, runs_on, now, queue);
        let call = &self.calls[id];
        let (router, request) = (call.router as usize, call.request);
        if self.requests[request].counted {
            self.router_tallies[router].leave(Outcome::Failed);
        }
        self.calls.give_back(id);
    }
}

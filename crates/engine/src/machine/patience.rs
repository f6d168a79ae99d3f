//! Callers run out of patience, and what they leave behind.

use sandbox_core::Time;
use sandbox_model::Answer;

use super::calls::TOO_LATE;
use super::{Machine, Queue, Stage};
use crate::account::{Outcome, Path};
use crate::monitor::Left;
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
            self.requests[request].plan_failure = Some(trouble);
        }
        if call != NONE {
            self.learn(id, Answer::TimedOut, now, queue);
        }
        self.abandon(id, now, queue);
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

    /// A call leaves all its attempts that run.
    pub(super) fn leave_losers(&mut self, call: u32, now: Time, queue: &mut Queue) {
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
            let number = self.attempts[loser].number as usize;
            let view = &mut self.world.routers[router].views[number];
            view.in_flight -= 1;
            view.retries -= u32::from(self.attempts[loser].retry);
            if let Some(monitor) = &mut self.listeners.monitor {
                let (request, began) = (self.requests[request].key, self.attempts[loser].began);
                monitor.left(&Left { now, router, request, target: number, began });
            }
            self.abandon(loser, now, queue);
        }
        self.calls[call].live = live;
    }

    /// Leaves an attempt to itself: nobody waits for it any more.
    fn abandon(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let attempt = &mut self.attempts[id];
        if let Some((timer, _)) = attempt.timer.take() {
            queue.cancel(timer);
        }
        let (stage, served) = (attempt.stage, attempt.served);
        let (workload, counted, request) = (attempt.workload, attempt.counted, attempt.request);
        attempt.served = NONE;
        attempt.call = NONE;
        attempt.request = NONE;
        if served != NONE {
            // What had been completed and was on its way comes too late.
            let response = self.completed.remove(served);
            if let Some(recorder) = self.recorder(request) {
                recorder.waste();
            }
            self.enter_waste(workload, counted, &response);
        }
        match stage {
            // The event that is due frees it.
            Stage::Sent | Stage::Returning => {}
            Stage::Hanging => self.attempts.give_back(id),
            Stage::Held(event) | Stage::Late(event) => {
                queue.cancel(event);
                self.attempts.give_back(id);
            }
            Stage::Working(slot) => self.abandon_at_endpoint(id, slot, now, queue),
            Stage::Nested(call) => {
                self.abandon_call(call, now, queue);
                self.attempts.give_back(id);
            }
        }
    }

    fn abandon_call(&mut self, id: u32, now: Time, queue: &mut Queue) {
        self.leave_losers(id, now, queue);
        let call = &self.calls[id];
        let (router, request) = (call.router as usize, call.request);
        if self.requests[request].counted {
            self.router_tallies[router].leave(Outcome::Failed);
        }
        self.calls.give_back(id);
    }
}

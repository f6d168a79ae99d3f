//! Callers run out of patience, and what they leave behind.

use sandbox_core::Time;
use sandbox_model::Answer;

use super::{Machine, Queue, Stage};
use crate::account::{Outcome, Path};
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
        let too_late = self.holds_answer(id);
        self.abandon(id, now, queue);
        if call == NONE {
            self.finish_request(request, Answer::TimedOut);
            return;
        }
        if too_late {
            self.waste_answer(request);
        }
        let late = self.calls[call].parent == NONE && now >= self.requests[request].deadline;
        if late || streaming {
            self.end_call(call, Answer::TimedOut, now, queue);
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
            if self.holds_answer(loser) {
                self.waste_answer(request);
            }
            let number = self.attempts[loser].number as usize;
            self.world.routers[router].views[number].in_flight -= 1;
            self.abandon(loser, now, queue);
        }
        self.calls[call].live = live;
    }

    /// Whether an endpoint has completed the answer of this attempt, which is on its way back.
    fn holds_answer(&self, id: u32) -> bool {
        let attempt = &self.attempts[id];
        match attempt.stage {
            Stage::Returning | Stage::Late(_) => attempt.answer.is_ok(),
            Stage::Nested(call) => self.calls[call].live.iter().any(|&live| self.holds_answer(live)),
            _ => false,
        }
    }

    /// What had been completed for a request and was on its way comes too late.
    fn waste_answer(&mut self, request: u32) {
        let r = &mut self.requests[request];
        let (workload, counted) = (r.workload, r.counted);
        if let Some(served) = r.served.take() {
            if let Some(recorder) = self.recorder(request) {
                recorder.waste();
            }
            self.enter_waste(workload, counted, &served);
        }
    }

    /// Leaves an attempt to itself: nobody waits for it any more.
    fn abandon(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let attempt = &mut self.attempts[id];
        if let Some((timer, _)) = attempt.timer.take() {
            queue.cancel(timer);
        }
        let stage = attempt.stage;
        attempt.call = NONE;
        attempt.request = NONE;
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

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
            self.learn(id, Answer::TimedOut, now);
        }
        self.abandon(id, now, queue);
        if call == NONE {
            self.finish_request(request, Answer::TimedOut);
            return;
        }
        // What had been completed and was on its way comes too late.
        let r = &mut self.requests[request];
        let (workload, counted) = (r.workload, r.counted);
        if let Some(served) = r.served.take() {
            self.enter_waste(workload, counted, &served);
        }
        let late = self.calls[call].parent == NONE && now >= self.requests[request].deadline;
        if late || streaming {
            self.end_call(call, Answer::TimedOut, now, queue);
        } else {
            self.step(call, now, queue);
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
        let call = &mut self.calls[id];
        let (router, live, request) = (call.router as usize, call.live, call.request);
        if let Some(wake) = call.wake.take() {
            queue.cancel(wake);
        }
        if live != NONE {
            let number = self.attempts[live].number as usize;
            self.world.routers[router].views[number].in_flight -= 1;
            self.abandon(live, now, queue);
        }
        if self.requests[request].counted {
            self.router_tallies[router].leave(Outcome::Failed);
        }
        self.calls.give_back(id);
    }
}

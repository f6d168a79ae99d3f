//! A router that knows the truth: the lower bound that real ones are held against.
//!
//! It asks the most wanted target that would serve the request right now. It cannot look ahead: a target that fails
//! after it was chosen is left for the next one, and returned to if it serves again.

use sandbox_model::{Answer, Status};

use crate::contract::{Call, Decision, Reason, Seen, Strategy, TargetView};

/// The clairvoyant router.
#[derive(Clone, Copy, Debug)]
pub struct Clairvoyant {
    most_attempts: usize,
}

impl Clairvoyant {
    /// A clairvoyant over `targets` targets. It gives up after three attempts per target: being lied to so often
    /// takes faults that begin within each network delay.
    #[must_use]
    pub const fn new(targets: usize) -> Self {
        Self { most_attempts: 3 * targets }
    }
}

impl Strategy for Clairvoyant {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        let serves = |view: &TargetView| view.truth.is_some_and(|truth| truth.serves && truth.headroom);
        let allowed = |target: usize| call.allowed >> target & 1 == 1;
        let best = (0..targets.len()).find(|&t| allowed(t) && serves(&targets[t]));
        let best = best.filter(|_| call.attempts.len() < self.most_attempts);
        let Some(target) = best else {
            let last = call.attempts.iter().rev().find_map(|tried| tried.answer);
            let nothing =
                if (0..targets.len()).any(allowed) { Status::UNAVAILABLE } else { Status::FORBIDDEN };
            return Decision::GiveUp(last.unwrap_or(Answer::failed(nothing)));
        };
        let reason = match (call.attempts.is_empty(), target) {
            (false, _) => Reason::Failed,
            (true, 0) => Reason::Choice,
            (true, _) if !(0..target).any(allowed) => Reason::Guarded,
            (true, _) => Reason::Avoids,
        };
        Decision::Try { target, reason }
    }

    fn observe(&mut self, _: &Seen) {}

    fn wants_truth(&self) -> bool {
        true
    }
}

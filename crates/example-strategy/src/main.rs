//! `sticky-spill`: a conversation stays with the target that served its last request, where its prompt is cached; it
//! spills to the next one while `most` of our requests are in flight there, or after a failure.

use std::collections::BTreeMap;
use std::process::ExitCode;

use sandbox_model::{Answer, Status};
use sandbox_routers::{Call, Decision, Made, Reason, Refusal, Registry, Seen, Strategy, TargetView};

#[derive(Clone)]
struct StickySpill {
    most: u32,
    served: BTreeMap<u64, usize>,
}

impl StickySpill {
    fn make(made: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
        let most = made.number("most", 8.0, 1.0, 1_000.0)? as u32;
        Ok(Box::new(Self { most, served: BTreeMap::new() }))
    }
}

impl Strategy for StickySpill {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        let home = call.conversation.and_then(|c| self.served.get(&c)).copied().unwrap_or(0);
        let around = || (0..targets.len()).map(|step| (home + step) % targets.len());
        let tried = |target: usize| call.attempts.iter().any(|tried| tried.target == target);
        let free = |&target: &usize| call.allowed >> target & 1 == 1 && !tried(target);
        let fit = around().filter(free).find(|&target| targets[target].in_flight < self.most);
        // All are crowded: then the home one is as good as any.
        match fit.or_else(|| around().find(free)) {
            Some(target) if call.attempts.is_empty() => {
                let reason = if target == 0 { Reason::Choice } else { Reason::Spread };
                Decision::Try { target, reason }
            }
            Some(target) => Decision::Try { target, reason: Reason::Failed },
            None => {
                let last = call.attempts.last().and_then(|tried| tried.answer);
                Decision::GiveUp(last.unwrap_or(Answer::failed(Status::FORBIDDEN)))
            }
        }
    }

    fn observe(&mut self, seen: &Seen) {
        if let (Some(conversation), Answer::Ok) = (seen.conversation, seen.answer) {
            self.served.insert(conversation, seen.target);
        }
    }
}

fn main() -> ExitCode {
    sandbox_cli::main_with(Registry::default().with("sticky-spill", &["most"], StickySpill::make))
}

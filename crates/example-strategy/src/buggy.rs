//! `sticky-spill` with a mistake that no outage of one target shows, and the same without it. It says what it promises,
//! so `check` finds the outages that show it: see `docs/check.md`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use sandbox_model::{Answer, Status};
use sandbox_routers::{
    Call, Decision, Made, Promises, Reason, Refusal, Registry, Seen, Strategy, TargetView, Tried,
};

#[derive(Clone)]
struct StickySpill {
    most: u32,
    targets: u64,
    served: BTreeMap<u64, usize>,
    was_tried: fn(&[Tried], usize) -> bool,
}

impl StickySpill {
    fn make(made: &Made<'_>, was_tried: fn(&[Tried], usize) -> bool) -> Result<Box<dyn Strategy>, Refusal> {
        let most = made.number("most", 8.0, 1.0, 1_000.0)? as u32;
        let targets = made.targets.len() as u64;
        Ok(Box::new(Self { most, targets, served: BTreeMap::new(), was_tried }))
    }

    /// The mistake: only the last attempt counts. Two targets that fail take turns for as long as the client waits.
    fn buggy(made: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
        Self::make(made, |attempts, target| attempts.last().is_some_and(|tried| tried.target == target))
    }

    fn mended(made: &Made<'_>) -> Result<Box<dyn Strategy>, Refusal> {
        Self::make(made, |attempts, target| attempts.iter().any(|tried| tried.target == target))
    }
}

impl Strategy for StickySpill {
    fn next(&mut self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        let home = call.conversation.and_then(|c| self.served.get(&c)).copied().unwrap_or(0);
        let around = || (0..targets.len()).map(|step| (home + step) % targets.len());
        let free =
            |&target: &usize| call.allowed >> target & 1 == 1 && !(self.was_tried)(call.attempts, target);
        let fit = around().filter(free).find(|&target| targets[target].in_flight < self.most);
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

    /// What it means to keep: each target is tried once.
    fn promises(&self) -> Promises {
        Promises { attempts_max: Some(self.targets), ..Promises::default() }
    }
}

fn main() -> ExitCode {
    let registry = Registry::default().with("sticky-spill-buggy", &["most"], StickySpill::buggy).with(
        "sticky-spill-mended",
        &["most"],
        StickySpill::mended,
    );
    sandbox_cli::main_with(registry)
}

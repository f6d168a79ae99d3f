//! What the caller gets when there is nothing left to try.

use sandbox_model::{Answer, Status};

use super::Composed;
use crate::contract::{Call, Decision, TargetView};
use crate::note::Note;
use crate::parts::{At, Failed};

impl Composed {
    /// Of the first group that was tried: the targets that its failures did not leave out, and the last failure.
    pub(super) fn first_group(&self, call: &Call<'_>) -> Option<(u64, Answer)> {
        let first = call.attempts.first()?.target;
        let position = self.parts.groups.iter().position(|&group| group >> first & 1 == 1)?;
        let (group, there) = (self.parts.groups[position], Note { group: position as u8, ..Note::default() });
        let own = call.attempts.iter().take_while(|tried| group >> tried.target & 1 == 1);
        let mut left = group & self.parts.filters.only & call.allowed;
        let mut last = None;
        for (target, answer) in own.filter_map(|tried| Some((tried.target, tried.answer?))) {
            last = Some(answer);
            if self.rule(answer, &there).is_some_and(|rule| rule.at == At::Other) {
                left &= !(1 << target);
            }
        }
        last.map(|last| (left, last))
    }

    pub(super) fn give_up(&self, call: &Call<'_>, targets: &[TargetView]) -> Decision {
        let gives_up = &self.parts.gives_up;
        let answers = || call.attempts.iter().filter_map(|tried| tried.answer);
        let plain = |answer: Answer| match answer {
            Answer::Failed { .. } => answer,
            // What a router saw as a timeout or a cut it reports as a status.
            other => Answer::failed(other.status()),
        };
        let Some(last) = answers().next_back() else {
            let all = self.parts.groups.iter().fold(0, |all, group| all | group & self.parts.filters.only);
            let nothing = self.unguarded(all, call, targets) == 0;
            return Decision::GiveUp(Answer::failed(if nothing {
                gives_up.nothing_allowed
            } else {
                gives_up.all_out
            }));
        };
        Decision::GiveUp(match gives_up.failed {
            Failed::Last => plain(last),
            Failed::First => plain(self.first_group(call).map_or(last, |(_, answer)| answer)),
            Failed::FirstOr502 => match self.first_group(call) {
                Some((0, _)) => Answer::failed(Status(502)),
                found => plain(found.map_or(last, |(_, answer)| answer)),
            },
            Failed::As(status) => Answer::failed(status),
            Failed::OpenRouter => {
                let limited = |answer: Answer| answer.status() == Status::TOO_MANY_REQUESTS;
                let transient = |answer: Answer| answer.status().is_retryable() || answer == Answer::Cut;
                if answers().all(limited) {
                    let retry_after = answers().filter_map(Answer::retry_after).min();
                    Answer::Failed { status: Status::TOO_MANY_REQUESTS, retry_after }
                } else if answers().all(transient) {
                    Answer::failed(Status::UNAVAILABLE)
                } else {
                    plain(last)
                }
            }
        })
    }
}

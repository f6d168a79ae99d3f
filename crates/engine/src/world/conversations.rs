//! Conversations of a workload: requests that follow one another, each with all that was said before in its prompt.
//!
//! A turn follows the one before by a time that is drawn from arrival to arrival, not from answer to question: so no
//! router can move a request. Luck is drawn for the occasion (conversation, turn).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sandbox_core::{Noise, Span, Time, uniform};
use sandbox_scenario::file;

use crate::slab::Slab;
use crate::span_law::SpanLaw;

/// The conversations of a workload: their law, and when those that live go on.
#[derive(Clone)]
pub(crate) struct Conversations {
    /// Chance that a turn has a next one.
    goes_on: f64,
    think: SpanLaw,
    grows: bool,
    context_max: u32,
    noise: Noise,
    /// Turns to come: when, of which conversation (by number, and by index in the slab).
    due: BinaryHeap<Reverse<(Time, u64, u32)>>,
    begun: u64,
}

/// A conversation of which a turn is to come, or a request lives.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Conversation {
    /// Names it in draws.
    pub(crate) number: u64,
    pub(crate) client: u32,
    /// Turns that arrived.
    pub(crate) turns: u32,
    /// Tokens of all that was said.
    context: u32,
    /// Tokens of its prompts that other conversations have, too.
    shared: u32,
    /// Requests that have not left.
    pub(crate) alive: u32,
    /// No turn is to come.
    pub(crate) over: bool,
    /// The last turn that was served: which one (from 1), at which endpoint, when.
    pub(crate) last: Option<(u32, u16, Time)>,
}

/// What a turn adds [tokens].
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub(super) input: u32,
    /// The part of `input` that all requests of the workload begin with.
    pub(super) shared: u32,
    pub(super) output: u32,
}

/// The prompt of a turn.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Prompt {
    pub(crate) tokens: u32,
    /// Tokens that the turn before had in its prompt or its answer.
    pub(crate) prefix: u32,
    /// Tokens that all requests of the workload begin with.
    pub(crate) shared: u32,
}

impl Conversations {
    pub(super) fn new(spec: &file::Conversations, noise: Noise) -> Self {
        Self {
            goes_on: 1.0 - 1.0 / spec.turns,
            think: SpanLaw::new(&spec.think),
            grows: spec.grows,
            context_max: spec.context_max,
            noise,
            due: BinaryHeap::new(),
            begun: 0,
        }
    }

    /// When the next conversation goes on.
    pub(super) fn next_turn(&self) -> Option<Time> {
        self.due.peek().map(|Reverse((at, ..))| *at)
    }

    /// The conversation that goes on now.
    pub(super) fn take_turn(&mut self) -> Option<u32> {
        self.due.pop().map(|Reverse((.., id))| id)
    }

    /// A conversation begins.
    pub(super) fn begin(&mut self, client: impl FnOnce(u64) -> u32, all: &mut Slab<Conversation>) -> u32 {
        let number = self.begun;
        self.begun += 1;
        let client = client(number);
        let last = None;
        all.insert(Conversation {
            number,
            client,
            turns: 0,
            context: 0,
            shared: 0,
            alive: 0,
            over: false,
            last,
        })
    }

    /// A turn of `conversation`, which has index `id`, arrives; the next one is put on the list if it comes before `end`.
    pub(super) fn turn(
        &mut self,
        conversation: &mut Conversation,
        id: u32,
        said: Said,
        now: Time,
        end: Time,
    ) -> Prompt {
        let Said { input, shared, output } = said;
        let whole = if self.grows { conversation.context.saturating_add(input) } else { input };
        let tokens = whole.min(self.context_max);
        if conversation.turns == 0 || !self.grows {
            conversation.shared = shared;
        }
        // What is too long loses its oldest turns: then nothing of the conversation stands where it stood before.
        let prefix = if self.grows && whole == tokens { conversation.context } else { 0 };
        conversation.context = tokens.saturating_add(output);
        conversation.turns += 1;
        conversation.alive += 1;
        let mut draw = self.noise.at(conversation.number, u64::from(conversation.turns));
        let goes_on = uniform(&mut draw) < self.goes_on;
        let at = now.saturating_add(Span::from_secs_f64_saturating(self.think.sample(&mut draw)));
        if goes_on && at < end {
            self.due.push(Reverse((at, conversation.number, id)));
        } else {
            conversation.over = true;
        }
        Prompt { tokens, prefix, shared: conversation.shared.min(tokens) }
    }
}

#[cfg(test)]
mod tests {
    use sandbox_core::Seed;

    use super::*;

    #[test]
    fn the_number_of_turns_is_geometric_and_think_passes_between_them() {
        let think = file::SpanDist::Constant(Span::from_secs(10));
        let spec = file::Conversations { turns: 4.0, think, grows: false, context_max: 100 };
        let mut conversations = Conversations::new(&spec, Seed::new(1).noise("conversations"));
        let mut all = Slab::new();
        let said = Said { input: 7, shared: 2, output: 3 };
        let (mut turns, mut of_one) = (0, 0);
        for _ in 0..20_000 {
            let id = conversations.begin(|number| number as u32, &mut all);
            let mut now = Time::ZERO;
            loop {
                let prompt = conversations.turn(&mut all[id], id, said, now, Time::MAX);
                assert_eq!(prompt, Prompt { tokens: 7, prefix: 0, shared: 2 }, "it does not grow");
                let Some(next) = conversations.next_turn() else { break };
                assert_eq!(next.since(now), Span::from_secs(10));
                assert_eq!(conversations.take_turn(), Some(id));
                now = next;
            }
            assert!(all[id].over);
            turns += all[id].turns;
            of_one += u32::from(all[id].turns == 1);
            all.give_back(id);
        }
        // 20,000 of them: mean 4 with standard deviation sqrt(12); a share of 1/4 is over at once; 3.29 of them (99.9 %).
        assert!((f64::from(turns) / 20_000.0 - 4.0).abs() < 0.081, "{turns}");
        assert!((f64::from(of_one) / 20_000.0 - 0.25).abs() < 0.0101, "{of_one}");
        assert_eq!(all.width(), 1);
    }
}

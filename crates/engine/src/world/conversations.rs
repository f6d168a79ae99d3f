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
    number: u64,
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

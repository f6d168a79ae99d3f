//! From a story to lifelines and what happens between them, in order of time.

use sandbox_core::Span;
use sandbox_engine::explain::{Attempt, Does, How, Step, Story, Visit};
use sandbox_routers::Reason;

use crate::human;

/// The first lifeline.
pub(super) const CLIENT: usize = 0;

/// Everything that is drawn of a story.
pub(super) struct Scene<'a> {
    pub(super) lanes: Vec<Lane<'a>>,
    pub(super) acts: Vec<Act>,
}

/// A lifeline.
pub(super) struct Lane<'a> {
    pub(super) name: &'a str,
    pub(super) role: Role,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Client,
    Router,
    /// The node that serves the request when nothing is wrong.
    Plan,
    Target,
}

/// Something that happens at an instant.
pub(super) struct Act {
    /// Since the arrival.
    pub(super) at: Span,
    /// Where the instant stands in the story's JSON; none of the arrival, which is where times begin.
    pub(super) at_pointer: Option<String>,
    pub(super) what: What,
    pub(super) words: Vec<Word>,
}

pub(super) enum What {
    /// From one lifeline to another.
    Arrow { from: usize, to: usize, kind: Kind },
    /// At one lifeline.
    Note { lane: usize, kind: Kind },
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Ask,
    /// Asks what the plan cannot be reached from.
    AskOffPlan,
    Good,
    Bad,
    /// Does not arrive anywhere: the asker stops waiting.
    Dropped,
    Wait,
}

/// A piece of what is said of an act.
pub(super) enum Word {
    Plain(String),
    /// A number: where it stands in the story's JSON, raw, and as a person reads it.
    Number {
        pointer: String,
        raw: String,
        text: String,
    },
}

impl Word {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Number { text, .. } => text,
        }
    }
}

pub(super) fn words(words: &[Word]) -> String {
    words.iter().map(Word::text).collect()
}

impl<'a> Scene<'a> {
    pub(super) fn new(story: &'a Story) -> Self {
        let mut scene = Self { lanes: vec![Lane { name: "client", role: Role::Client }], acts: Vec::new() };
        if let Some(visit) = &story.entry {
            let router = scene.lane(&visit.router, Some(Role::Router), story);
            scene.say(
                Span::ZERO,
                None,
                What::Arrow { from: CLIENT, to: router, kind: Kind::Ask },
                plain("asks"),
            );
            scene.visit(visit, router, "/entry", story);
        }
        scene.end(story);
        // Attempts may run side by side; what is told of one instant keeps its order.
        scene.acts.sort_by_key(|act| act.at);
        scene
    }

    fn lane(&mut self, name: &'a str, role: Option<Role>, story: &Story) -> usize {
        let plan = if name == story.plan { Role::Plan } else { Role::Target };
        let role = role.filter(|_| plan != Role::Plan).unwrap_or(plan);
        // The client is none of the scenario's nodes, whatever they are called.
        match self.lanes.iter().skip(1).position(|lane| lane.name == name) {
            Some(index) => index + 1,
            None => {
                self.lanes.push(Lane { name, role });
                self.lanes.len() - 1
            }
        }
    }

    fn say(&mut self, at: Span, at_pointer: Option<String>, what: What, words: Vec<Word>) {
        self.acts.push(Act { at, at_pointer, what, words });
    }

    fn visit(&mut self, visit: &'a Visit, router: usize, pointer: &str, story: &'a Story) {
        let mut asked: Vec<&str> = Vec::new();
        for (index, step) in visit.decisions.iter().enumerate() {
            let pointer = format!("{pointer}/decisions/{index}");
            let at = || Some(format!("{pointer}/at_s"));
            match &step.decision {
                Does::Wait { until, beside } => {
                    let span = until.saturating_sub(step.at);
                    let number = Word::Number {
                        pointer: format!("{pointer}/decision/wait/until_s - {pointer}/at_s"),
                        raw: seconds(span),
                        text: human::span(span),
                    };
                    let verb = if *beside { "waits at most " } else { "waits " };
                    let what = What::Note { lane: router, kind: Kind::Wait };
                    self.say(step.at, at(), what, vec![Word::Plain(verb.to_owned()), number]);
                }
                Does::GiveUp { status, nothing_sent } => {
                    let mut words = plain(if *nothing_sent { "sends nothing: " } else { "gives up: " });
                    words.push(number(format!("{pointer}/decision/give_up/status"), *status));
                    let what = What::Note { lane: router, kind: Kind::Bad };
                    self.say(step.at, at(), what, words);
                }
                Does::Try(attempt) => {
                    let again = asked.contains(&attempt.target.as_str());
                    asked.push(&attempt.target);
                    self.attempt(attempt, step, router, &pointer, again, story);
                }
            }
        }
    }

    fn attempt(
        &mut self,
        attempt: &'a Attempt,
        step: &Step,
        router: usize,
        pointer: &str,
        again: bool,
        story: &'a Story,
    ) {
        let role = attempt.inside.as_ref().map(|_| Role::Router);
        let target = self.lane(&attempt.target, role, story);
        let mut verb = match (attempt.reason, again) {
            (Reason::Hedge, _) => "hedges",
            (_, true) => "asks again",
            _ => "asks",
        }
        .to_owned();
        if let Some(leaves) = attempt.leaves_plan {
            let avoidable = if leaves.avoidable { ", avoidable" } else { "" };
            let cause = leaves.cause.name().replace('_', " ");
            verb.push_str(&format!(", off plan: {cause}{avoidable}"));
        }
        let kind = if attempt.leaves_plan.is_some() { Kind::AskOffPlan } else { Kind::Ask };
        let what = What::Arrow { from: router, to: target, kind };
        self.say(step.at, Some(format!("{pointer}/at_s")), what, plain(&verb));
        let pointer = format!("{pointer}/decision/try");
        if let Some(visit) = &attempt.inside {
            self.visit(visit, target, &format!("{pointer}/inside"), story);
        }
        if let Some(at) = attempt.first_token {
            let what = What::Arrow { from: target, to: router, kind: Kind::Good };
            self.say(at, Some(format!("{pointer}/first_token_s")), what, plain("first token"));
        }
        let Some(end) = &attempt.end else { return };
        let status = || end.status.map(|status| number(format!("{pointer}/end/status"), status));
        let (what, words) = match end.how {
            How::Served => (What::Arrow { from: target, to: router, kind: Kind::Good }, plain("last token")),
            How::Failed => {
                let mut words: Vec<Word> = status().into_iter().collect();
                if let Some(span) = end.retry_after {
                    words.push(Word::Plain(", retry after ".to_owned()));
                    let pointer = format!("{pointer}/end/retry_after_s");
                    words.push(Word::Number { pointer, raw: seconds(span), text: human::span(span) });
                }
                if end.nothing_sent {
                    words.push(Word::Plain(" by itself".to_owned()));
                }
                (What::Arrow { from: target, to: router, kind: Kind::Bad }, words)
            }
            How::Cut => {
                (What::Arrow { from: target, to: router, kind: Kind::Bad }, plain("stream breaks off"))
            }
            How::TimedOut => {
                (What::Arrow { from: router, to: target, kind: Kind::Dropped }, plain("waited too long"))
            }
            How::Left => (What::Arrow { from: router, to: target, kind: Kind::Dropped }, plain("not wanted")),
        };
        self.say(end.at, Some(format!("{pointer}/end/at_s")), what, words);
    }

    /// What the client sees.
    fn end(&mut self, story: &Story) {
        let Some(end) = &story.end else { return };
        let router = (self.lanes.len() > 1).then_some(1);
        let at = || Some("/end/at_s".to_owned());
        if let (Some(router), Some(ttft)) = (router, end.ttft) {
            let what = What::Arrow { from: router, to: CLIENT, kind: Kind::Good };
            self.say(ttft, Some("/end/ttft_s".to_owned()), what, plain("first token"));
        }
        let gave_up = story.entry.as_ref().is_some_and(|visit| {
            visit.decisions.iter().any(|step| matches!(step.decision, Does::GiveUp { .. }))
        });
        let status = || number("/end/status".to_owned(), end.status);
        match (end.outcome, router) {
            ("plan" | "leak", Some(router)) => {
                let what = What::Arrow { from: router, to: CLIENT, kind: Kind::Good };
                self.say(end.at, at(), what, plain("last token"));
            }
            (_, Some(router)) if gave_up => {
                let what = What::Arrow { from: router, to: CLIENT, kind: Kind::Bad };
                self.say(end.at, at(), what, vec![status()]);
            }
            _ => {
                let what = What::Note { lane: CLIENT, kind: Kind::Bad };
                self.say(end.at, at(), what, vec![Word::Plain("fails: ".to_owned()), status()]);
            }
        }
    }
}

fn plain(text: &str) -> Vec<Word> {
    vec![Word::Plain(text.to_owned())]
}

fn number(pointer: String, status: u16) -> Word {
    Word::Number { pointer, raw: status.to_string(), text: status.to_string() }
}

/// As the story's JSON has it.
fn seconds(span: Span) -> String {
    format!("{:?}", span.as_secs_f64())
}

/// Since the arrival, to the millisecond.
pub(super) fn since(at: Span) -> String {
    let millis = (at.as_nanos() + 500_000) / 1_000_000;
    format!("+{}.{:03}s", millis / 1_000, millis % 1_000)
}

//! One request, drawn and then decision by decision, in order of time: `sandbox explain`. At most 80 columns.

use sandbox_core::{Span, Time};
use sandbox_engine::explain::{Attempt, AttemptEnd, Does, Excluded, How, Step, Story, Visit};
use sandbox_routers::Reason;

use super::paint::{Paint, Tint};
use super::{WIDTH, human};
use crate::sequence::sequence_text;

/// Longest name that is shown whole.
const NAME: usize = 28;

/// Columns of the times, and the blanks after them.
const MARGIN: usize = 12;

/// Something that happened: when, how deep in routers, and in words.
struct Line {
    at: Span,
    depth: usize,
    text: String,
    tint: Option<Tint>,
}

/// The whole story, ending with a line break: drawn as a sequence, then decision by decision, then its end. `clock` tells
/// the time of day in the scenario's zone.
#[must_use]
pub fn explain_text(story: &Story, clock: &dyn Fn(Time) -> String, paint: Paint) -> String {
    let title = format!("request {} of {}", human::count(story.number), human::cut(&story.workload, NAME));
    let mut text = format!("{}\n", paint.tint(Tint::Strong, &title));
    let about = format!(
        "arrived {} ({} in), {} prompt tokens, {} answer tokens, plan {}",
        clock(story.arrived),
        human::span(story.arrived.since(Time::ZERO)),
        human::count(u64::from(story.input_tokens)),
        human::count(u64::from(story.output_tokens)),
        name(&story.plan)
    );
    wrap(&mut text, "", "", &about);
    text.push('\n');
    if story.entry.is_some() {
        text.push_str(&sequence_text(story, clock, paint));
        text.push('\n');
    }
    let mut lines = Vec::new();
    match &story.entry {
        Some(visit) => of_visit(visit, 0, story, clock, &mut lines),
        None => text.push_str("it reached no router\n"),
    }
    // Attempts may run side by side; what is told of one instant keeps its order.
    lines.sort_by_key(|line| line.at);
    for line in &lines {
        let first = format!("{:>9}   {}", since(line.at), "  ".repeat(line.depth));
        let rest = " ".repeat(MARGIN + 2 * line.depth + 2);
        let mut written = String::new();
        wrap(&mut written, &first, &rest, &line.text);
        match line.tint {
            Some(tint) => written.lines().for_each(|line| text.push_str(&(paint.tint(tint, line) + "\n"))),
            None => text.push_str(&written),
        }
    }
    text.push('\n');
    ending(&mut text, story, clock, paint);
    text
}

fn ending(text: &mut String, story: &Story, clock: &dyn Fn(Time) -> String, paint: Paint) {
    let Some(end) = &story.end else {
        text.push_str("still on its way when the scenario ended\n");
        return;
    };
    let cause = end.cause.map(|cause| cause.name());
    let (tint, mut outcome) = match end.outcome {
        "plan" => (Tint::Good, "served by the plan".to_owned()),
        "leak" => {
            let avoidable = if end.avoidable == Some(true) { "avoidable" } else { "not avoidable" };
            (Tint::Good, format!("leaked: {}, {avoidable}", cause.unwrap_or("-")))
        }
        "shed" => (Tint::Bad, format!("shed: status {}, and nothing was sent", end.status)),
        _ => (Tint::Bad, format!("failed: status {}", end.status)),
    };
    if let (Some(cause), false) = (cause, end.outcome == "leak") {
        outcome.push_str(&format!(", cause {cause}"));
    }
    let at = story.arrived.saturating_add(end.at);
    outcome.push_str(&format!("; at {}, after {}", clock(at), human::span(end.at)));
    let mut field = |label: &str, value: &str, tint: Option<Tint>| {
        let mut written = String::new();
        wrap(&mut written, &format!("{label:<MARGIN$}"), &" ".repeat(MARGIN), value);
        match tint {
            Some(tint) => written.lines().for_each(|line| text.push_str(&(paint.tint(tint, line) + "\n"))),
            None => text.push_str(&written),
        }
    };
    field("end", &outcome, Some(tint));
    if let Some(ttft) = end.ttft {
        field("first token", &format!("after {}", human::span(ttft)), None);
    }
    let mut cost = human::dollars(end.billed.as_f64());
    for (what, amount) in [("fees", end.fees), ("wasted", end.wasted)] {
        if amount.pico() != 0 {
            cost.push_str(&format!(", of this {} {what}", human::dollars(amount.as_f64())));
        }
    }
    field("cost", &cost, None);
}

fn of_visit(
    visit: &Visit,
    depth: usize,
    story: &Story,
    clock: &dyn Fn(Time) -> String,
    lines: &mut Vec<Line>,
) {
    let text = format!("at {}", name(&visit.router));
    lines.push(Line { at: visit.at, depth, text, tint: Some(Tint::Strong) });
    for step in &visit.decisions {
        of_step(step, depth + 1, story, clock, lines);
    }
}

fn of_step(step: &Step, depth: usize, story: &Story, clock: &dyn Fn(Time) -> String, lines: &mut Vec<Line>) {
    let at = step.at;
    let mut say = |text: String| lines.push(Line { at, depth, text, tint: None });
    match &step.decision {
        Does::Wait { until, beside } => {
            let until = until.saturating_sub(at);
            say(match beside {
                true => format!("asks another after {} without a first token", human::span(until)),
                false => format!("waits {}", human::span(until)),
            });
        }
        Does::GiveUp { status, nothing_sent } => {
            say(match nothing_sent {
                true => format!("answers {status} by itself: nothing was sent"),
                false => format!("gives up: {status}"),
            });
            passed_over(step, at, depth + 1, clock, lines);
        }
        Does::Try(attempt) => {
            let mut text = format!("asks {}: {}", name(&attempt.target), why(attempt.reason));
            if let Some(leaves) = attempt.leaves_plan {
                let avoidable = if leaves.avoidable { ", avoidable" } else { "" };
                text.push_str(&format!(" (leaves the plan: {}{avoidable})", leaves.cause.name()));
            }
            say(text);
            let others: Vec<String> = step
                .eligible
                .iter()
                .filter(|other| **other != attempt.target)
                .map(|other| name(other))
                .collect();
            if !others.is_empty() {
                let text = format!("could also have asked {}", others.join(", "));
                lines.push(Line { at, depth: depth + 1, text, tint: Some(Tint::Quiet) });
            }
            passed_over(step, at, depth + 1, clock, lines);
            of_attempt(attempt, depth, story, clock, lines);
        }
    }
}

fn passed_over(step: &Step, at: Span, depth: usize, clock: &dyn Fn(Time) -> String, lines: &mut Vec<Line>) {
    for Excluded { target, rule, until } in &step.excluded {
        let until = until.map_or(String::new(), |until| format!(" until {}", clock(until)));
        let text = format!("not {}: {rule}{until}", name(target));
        lines.push(Line { at, depth, text, tint: Some(Tint::Quiet) });
    }
}

fn of_attempt(
    attempt: &Attempt,
    depth: usize,
    story: &Story,
    clock: &dyn Fn(Time) -> String,
    lines: &mut Vec<Line>,
) {
    if let Some(visit) = &attempt.inside {
        of_visit(visit, depth + 1, story, clock, lines);
    }
    let target = name(&attempt.target);
    if let Some(at) = attempt.first_token {
        lines.push(Line { at, depth, text: format!("first token from {target}"), tint: None });
    }
    if let Some(end) = &attempt.end {
        let mut text = ended(&target, end);
        // A router's attempts say what they cost themselves.
        if attempt.inside.is_none() && attempt.billed.pico() != 0 {
            text.push_str(&format!("; billed {}", human::dollars(attempt.billed.as_f64())));
            for (what, amount) in [("fees", attempt.fees), ("wasted", attempt.wasted)] {
                if amount.pico() != 0 {
                    text.push_str(&format!(", of this {} {what}", human::dollars(amount.as_f64())));
                }
            }
            if attempt.premium.pico() != 0 {
                let premium = human::dollars_signed(attempt.premium.as_f64());
                text.push_str(&format!(", {premium} against the plan"));
            }
        }
        let tint = (end.how == How::Failed).then_some(Tint::Bad);
        lines.push(Line { at: end.at, depth, text, tint });
    }
}

fn ended(target: &str, end: &AttemptEnd) -> String {
    let status = end.status.unwrap_or_default();
    match end.how {
        How::Served => format!("{target} has answered"),
        How::Failed => {
            let asked =
                end.retry_after.map_or(String::new(), |s| format!(", Retry-After {}", human::span(s)));
            let own = if end.nothing_sent { " by itself: nothing was sent on" } else { "" };
            format!("{target} answers {status}{asked}{own}")
        }
        How::Cut => format!("{target} breaks its stream off (counts as {status})"),
        How::TimedOut => format!("{target} has not answered in time (counts as {status})"),
        How::Left => format!("{target} is no longer wanted"),
    }
}

const fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Choice => "the one it wants most",
        Reason::Spread => "it spreads requests",
        Reason::Failed => "after a failure",
        Reason::Avoids => "a more wanted one is believed down",
        Reason::Guarded => "a guard forbids a more wanted one",
        Reason::Hedge => "beside the one that runs",
    }
}

fn name(name: &str) -> String {
    human::cut(name, NAME)
}

/// Since the arrival, to the millisecond.
fn since(at: Span) -> String {
    let millis = (at.as_nanos() + 500_000) / 1_000_000;
    format!("+{}.{:03}s", millis / 1_000, millis % 1_000)
}

/// Words in lines of at most [`WIDTH`] columns.
fn wrap(text: &mut String, first: &str, rest: &str, words: &str) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in words.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = rest.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

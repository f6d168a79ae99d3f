//! The requests that waited longest, each drawn as a sequence.

use std::fmt::Write as _;

use sandbox_engine::explain::{Attempt, Does, How, Story};

use super::parts;
use crate::html::number::data;
use crate::human;
use crate::look::cause_word;
use crate::run_data::RunData;
use crate::sequence::sequence_svg;

pub(crate) fn section(run: &RunData) -> String {
    if run.worst.is_empty() {
        return String::new();
    }
    let mut html = "<section id=\"worst\" aria-labelledby=\"worst-title\">\n<h2 id=\"worst-title\">The requests that waited longest</h2>\n\
        <p class=\"quiet\">Time runs down and is written where something happens, as seconds since the arrival. Instants are kept apart, \
        and a long wait is cut short where the lines are broken.</p>\n"
        .to_owned();
    for (index, story) in run.worst.iter().enumerate() {
        let open = if index == 0 { " open" } else { "" };
        let _ = write!(
            html,
            "<details class=\"story\"{open}><summary>{}</summary>\n<figure><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Request, scrolls sideways\">{}</div>\
             <figcaption>Who asked whom, and what came back.</figcaption></figure></details>\n",
            summary(index, story),
            sequence_svg(story, &format!("worst.json#/{index}")),
        );
    }
    html.push_str("</section>\n");
    html
}

/// Which request, how long it waited, and what happened.
fn summary(index: usize, story: &Story) -> String {
    let number = |key: &str, raw: &str, text: &str| data(&format!("worst.json#/{index}/{key}"), raw, text);
    let request = number("number", &story.number.to_string(), &human::count(story.number));
    let mut html = format!("<b>{} / {request}</b> ", parts::name(&story.workload));
    let wait = |key: &str, span: sandbox_core::Span| {
        number(key, &parts::raw(span.as_secs_f64()), &human::span(span))
    };
    match &story.end {
        Some(end) => {
            let (class, word) = match end.outcome {
                "plan" => ("plan", "served by the plan"),
                "leak" => ("leak", "leaked"),
                "shed" => ("failed", "shed"),
                _ => ("failed", "failed"),
            };
            let wait = match end.ttft {
                Some(ttft) => format!("waited {} for its first token", wait("end/ttft_s", ttft)),
                None => format!("waited {} for a failure", wait("end/at_s", end.at)),
            };
            let _ = write!(html, "{wait}, <span class=\"outcome {class}\">{word}</span>");
            if let Some(cause) = end.cause {
                let _ = write!(html, " ({})", cause_word(cause));
            }
        }
        None => html.push_str("was still on its way when the scenario ended"),
    }
    let _ = write!(html, "{}", attempts(index, story));
    html
}

/// Attempts of the first router that are named.
const NAMED: usize = 4;

/// Whom the first router asked, and what came of it.
fn attempts(index: usize, story: &Story) -> String {
    let decisions = story.entry.iter().flat_map(|visit| visit.decisions.iter().enumerate());
    let tries: Vec<(usize, &Attempt)> = decisions
        .filter_map(|(at, step)| match &step.decision {
            Does::Try(attempt) => Some((at, attempt.as_ref())),
            Does::Wait { .. } | Does::GiveUp { .. } => None,
        })
        .collect();
    if tries.is_empty() {
        return String::new();
    }
    let said = |&(at, attempt): &(usize, &Attempt)| {
        let came = match attempt.end.map(|end| (end.how, end.status)) {
            Some((How::Served, _)) => "answered".to_owned(),
            Some((How::Failed, Some(status))) => {
                let of = format!("worst.json#/{index}/entry/decisions/{at}/decision/try/end/status");
                data(&of, &status.to_string(), &status.to_string())
            }
            Some((How::Failed, None)) => "failed".to_owned(),
            Some((How::Cut, _)) => "broke off".to_owned(),
            Some((How::TimedOut, _)) => "did not answer in time".to_owned(),
            Some((How::Left, _)) => "no longer wanted".to_owned(),
            None => "unfinished".to_owned(),
        };
        format!("{} {came}", parts::name(&attempt.target))
    };
    let mut named: Vec<String> = tries.iter().take(NAMED).map(said).collect();
    if tries.len() > NAMED {
        named.push("and more".to_owned());
    }
    format!(": {}", named.join(", "))
}

//! Each fault: when, where, what, and how long routers took to see it come and go.

use std::fmt::Write as _;

use sandbox_core::{Span, Time};
use sandbox_engine::output::summary::FaultReport;
use sandbox_model::FaultKind;

use super::parts;
use crate::figure::is_about;
use crate::html::number::{data, escape};
use crate::human;
use crate::look::{Bar, fault_word, look};
use crate::run_data::RunData;

/// Faults that are listed openly where there are more than [`ALL`].
const FIRST: usize = 30;
/// So many are listed at once.
const ALL: usize = 40;

pub(crate) fn section(run: &RunData) -> String {
    let faults = &run.summary.faults;
    if faults.is_empty() {
        return String::new();
    }
    let mut order: Vec<usize> = (0..faults.len()).collect();
    let table = Table::new(run);
    let mut rest = Vec::new();
    if order.len() > ALL {
        // Stable: of equals, the earlier.
        order.sort_by(|&a, &b| weight(&faults[b]).total_cmp(&weight(&faults[a])));
        rest = order.split_off(FIRST);
    }
    for part in [&mut order, &mut rest] {
        part.sort_by(|&a, &b| faults[a].from.total_cmp(&faults[b].from));
    }
    let (mut first, mut more) = (table.html(&order), String::new());
    if !rest.is_empty() {
        first.insert_str(0, "<p class=\"quiet\">Those with the longest lags or, unseen, the longest themselves; in order of onset.</p>\n");
        more = format!("<details><summary>All other faults</summary>\n{}</details>\n", table.html(&rest));
    }
    format!(
        "<section id=\"faults\" aria-labelledby=\"faults-title\">\n<h2 id=\"faults-title\">Faults, and how they were seen</h2>{}\n{first}{more}\
         <p class=\"quiet\"><b>Detection lag</b>: from the onset until a router first believed the target down. <b>Failback lag</b>: from the end until \
         the last router believed it up again. Bars of a column are to one scale.</p>\n{}</section>\n",
        parts::csv_button("faults.csv"),
        parts::embed("faults.csv", &records(faults)),
    )
}

/// What puts a fault among the first: its lags, and its length where nobody saw it.
fn weight(fault: &FaultReport) -> f64 {
    match (fault.detection_lag_s, fault.failback_lag_s) {
        (None, None) => fault.until - fault.from,
        (detection, failback) => detection.unwrap_or(0.0) + failback.unwrap_or(0.0),
    }
}

fn records(faults: &[FaultReport]) -> Vec<Vec<String>> {
    let maybe = |x: Option<f64>| x.map_or_else(String::new, parts::raw);
    let header = ["target", "kind", "from_s", "until_s", "detection_lag_s", "failback_lag_s"];
    let mut records = vec![header.map(str::to_owned).to_vec()];
    records.extend(faults.iter().map(|fault| {
        let FaultReport { target, kind, from, until, detection_lag_s, failback_lag_s } = fault;
        let (from, until) = (parts::raw(*from), parts::raw(*until));
        vec![target.clone(), kind.clone(), from, until, maybe(*detection_lag_s), maybe(*failback_lag_s)]
    }));
    records
}

/// The table and its scales.
struct Table<'a> {
    run: &'a RunData,
    length_max: f64,
    detection_max: f64,
    failback_max: f64,
    /// Some router of this run believed something down at some time: there is one with a memory.
    anyone_watches: bool,
}

impl<'a> Table<'a> {
    fn new(run: &'a RunData) -> Self {
        let faults = &run.summary.faults;
        let max = |of: fn(&FaultReport) -> Option<f64>| faults.iter().filter_map(of).fold(0.0, f64::max);
        let believed = |row: &sandbox_engine::output::TimelineRow| {
            row.believed_down.iter().any(|span| *span > Span::ZERO)
        };
        Self {
            run,
            length_max: max(|fault| Some(fault.until - fault.from)),
            detection_max: max(|fault| fault.detection_lag_s),
            failback_max: max(|fault| fault.failback_lag_s),
            anyone_watches: faults.iter().any(|fault| fault.detection_lag_s.is_some())
                || run.timeline.rows.iter().any(believed),
        }
    }

    fn html(&self, order: &[usize]) -> String {
        let mut html =
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Faults, scrolls sideways\">\
                        <table class=\"faults sortable\"><thead><tr>"
                .to_owned();
        for head in ["when", "since start", "target", "kind", "lasted", "detection lag", "failback lag"] {
            // Over the numbers that stand at the right.
            let class = if head == "since start" { " class=\"number\"" } else { "" };
            let _ = write!(html, "<th scope=\"col\"{class}>{head}</th>");
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for &index in order {
            html.push_str(&self.row(index));
        }
        html.push_str("</tbody></table></div>\n");
        html
    }

    fn row(&self, index: usize) -> String {
        let fault = &self.run.summary.faults[index];
        let of = |key: &str| format!("summary.json#/faults/{index}/{key}");
        let from = |text: &str| data(&of("from"), &parts::raw(fault.from), text);
        let length = fault.until - fault.from;
        let kind = self.run.faults.iter().find(|(_, one)| is_about(fault, one)).map(|(_, one)| one.kind);
        let swatch = kind.as_ref().map_or_else(String::new, swatch);
        let (word, numbers) = describe(fault, kind.as_ref());
        // No key of the file is the length: its end is, and the reader sees how long.
        let lasted = data(
            &format!("{} - /faults/{index}/from", of("until")),
            &parts::raw(length),
            &human::seconds(length),
        );
        let lag = |key: &str, lag: Option<f64>, max: f64, class: &str| match lag {
            Some(s) => bar(&data(&of(key), &parts::raw(s), &human::seconds(s)), s, max, class),
            None => format!("<span class=\"none\">{}</span>", self.unseen(fault, kind.as_ref(), key)),
        };
        format!(
            "<tr><td class=\"when\">{}</td><td class=\"number\">{}</td><td>{}</td><td class=\"kind\">{swatch}<span>{word}</span> {numbers}</td>\
             <td>{}</td><td>{}</td><td>{}</td></tr>\n",
            from(&clock(self.run, fault.from)),
            from(&format!("{} in", human::seconds(fault.from))),
            parts::name(&fault.target),
            bar(&lasted, length, self.length_max, "length"),
            lag("detection_lag_s", fault.detection_lag_s, self.detection_max, "lag"),
            lag("failback_lag_s", fault.failback_lag_s, self.failback_max, "lag"),
        )
    }

    /// What to say where there is no lag: "never seen" only where somebody could have seen it.
    fn unseen(&self, fault: &FaultReport, kind: Option<&FaultKind>, key: &str) -> &'static str {
        let watched = self.anyone_watches
            && !fault.is_of_link()
            && !kind.is_some_and(|kind| matches!(kind, FaultKind::PriceChange { .. }));
        if watched && key == "detection_lag_s" { "never seen" } else { "–" }
    }
}

/// The kind in a word, and its numbers as in the script.
fn describe(fault: &FaultReport, kind: Option<&FaultKind>) -> (String, String) {
    let word = kind.map_or_else(
        || escape(fault.kind.split(['(', ' ']).next().unwrap_or_default()),
        |kind| fault_word(kind).to_owned(),
    );
    let numbers = fault.kind.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
    let numbers = if numbers.is_empty() {
        String::new()
    } else {
        format!("<code class=\"quiet\">{}</code>", escape(numbers))
    };
    (word, numbers)
}

fn bar(text: &str, value: f64, max: f64, class: &str) -> String {
    let share = if max > 0.0 { value / max } else { 0.0 };
    format!("{text}<span class=\"meter {class}\" style=\"--share:{}\"></span>", parts::pct(share))
}

/// The colour and shape of a kind of fault, as in the lanes.
fn swatch(kind: &FaultKind) -> String {
    let look = look(kind);
    let shape = match look.bar {
        Bar::Full => "<rect width=\"28\" height=\"12\"/>".to_owned(),
        Bar::Tall => "<rect y=\"2.4\" width=\"28\" height=\"9.6\"/>".to_owned(),
        Bar::Half => "<rect y=\"6\" width=\"28\" height=\"6\"/>".to_owned(),
        Bar::Striped => (0..6)
            .fold("<rect class=\"pale\" width=\"28\" height=\"12\"/>".to_owned(), |shape, i| {
                shape + &format!("<rect x=\"{}\" width=\"3\" height=\"12\"/>", i * 5)
            }),
    };
    format!(
        "<svg class=\"kind-of\" viewBox=\"0 0 28 12\" width=\"28\" height=\"12\" aria-hidden=\"true\" style=\"fill:var(--fault-{})\">{shape}</svg>",
        look.hue as usize
    )
}

/// The wall clock, to the second, with the day where it is not the first.
fn clock(run: &RunData, from_s: f64) -> String {
    let clock = &run.setting.clock;
    let at = Time::ZERO + Span::from_secs_f64_saturating(from_s);
    crate::ticks::moment(clock, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_seen_is_said_only_where_somebody_could_have_seen_it() {
        let mut run = crate::synthetic::day().run().data();
        let cell = |run: &RunData, target: &str, kind: Option<&FaultKind>| {
            let mut fault = run.summary.faults[0].clone();
            fault.target = target.to_owned();
            Table::new(run).unseen(&fault, kind, "detection_lag_s")
        };
        assert_eq!(cell(&run, "p", None), "never seen");
        assert_eq!(cell(&run, "cn-east -> us-west", None), "–");
        assert_eq!(cell(&run, "p", Some(&FaultKind::PriceChange { factor: 2.0 })), "–");
        for fault in &mut run.summary.faults {
            fault.detection_lag_s = None;
        }
        for row in &mut run.timeline.rows {
            row.believed_down.clear();
        }
        assert_eq!(cell(&run, "p", None), "–", "no router of this run remembers anything");
    }

    #[test]
    fn of_many_faults_the_first_are_those_with_the_longest_lags() {
        let mut run = crate::synthetic::day().run().data();
        let one = run.summary.faults[0].clone();
        run.summary.faults = (0..100)
            .map(|i| FaultReport {
                from: f64::from(i),
                detection_lag_s: Some(f64::from(i % 50)),
                failback_lag_s: None,
                ..one.clone()
            })
            .collect();
        let html = section(&run);
        let (open, folded) = html.split_once("<details>").expect("the rest is folded");
        assert_eq!(open.matches("<tr><td").count(), FIRST);
        assert_eq!(folded.matches("<tr><td").count(), 100 - FIRST);
        assert!(
            open.contains("data-of=\"summary.json#/faults/99/from\"") && !open.contains("#/faults/0/from")
        );
    }
}

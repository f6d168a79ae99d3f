//! The summary that ends a run in a terminal: what to type to see it again, whether promises were kept, one
//! table, when it leaked, why, and the worst faults. At most 80 columns, and complete without colour.

mod ascii;
mod check;
mod diff;
mod explain;
mod faults;
mod objectives;
pub(crate) mod paint;
mod spark;
mod table;

use sandbox_engine::output::Summary;

use crate::human;
use crate::run_data::RunData;
pub use ascii::ascii;
pub use check::{Bad, Breach, Covered, Finding, Group, covered_text, finding_text, sentence, worst_text};
pub use diff::diff_text;
pub use explain::explain_text;
pub use paint::Paint;
pub(crate) use paint::Tint;
pub(crate) use table::cells;

/// Width that no line exceeds; only the repro line, which must stay in one piece, may.
pub(crate) const WIDTH: usize = 80;

/// How many causes of leak are listed.
const CAUSES: usize = 4;

/// The whole summary, ending with a line break.
#[must_use]
pub fn run_text(run: &RunData, paint: Paint) -> String {
    let summary = &run.summary;
    let mut text = String::new();
    head(&mut text, summary, paint);
    if !summary.objectives.is_empty() {
        text.push('\n');
        objectives::write(&mut text, &summary.objectives, paint);
    }
    text.push('\n');
    table::write(&mut text, summary, paint);
    spark::write(&mut text, run, paint);
    text.push('\n');
    leak(&mut text, summary, paint);
    flips(&mut text, summary, paint);
    fees(&mut text, summary, paint);
    probes(&mut text, summary, paint);
    faults::write(&mut text, run, paint);
    text
}

fn head(text: &mut String, summary: &Summary, paint: Paint) {
    let length = human::seconds(summary.duration_s);
    let warm_up = match summary.warm_up_s {
        0.0 => String::new(),
        s => format!(", warm-up {}", human::seconds(s)),
    };
    let scenario = human::cut(&summary.scenario, WIDTH);
    text.push_str(&format!("{}\n", paint.tint(Tint::Strong, &scenario)));
    let when = format!("{length} from {}{warm_up}", summary.start);
    text.push_str(&format!("{}\n", human::cut(&when, WIDTH)));
    field(text, paint, "repro", &summary.repro);
    let print = format!("{} (sandbox {}, seed {})", summary.fingerprint, summary.version, summary.seed);
    field(text, paint, "fingerprint", &print);
}

fn leak(text: &mut String, summary: &Summary, paint: Paint) {
    let leak = &summary.leak;
    let mut causes: Vec<_> = leak.by_cause.iter().filter(|(_, line)| line.requests > 0).collect();
    if causes.is_empty() {
        field(text, paint, "leak", "none");
        return;
    }
    // The sort is stable: equal causes stay in order of name.
    causes.sort_by_key(|(_, line)| std::cmp::Reverse(line.requests));
    let premium = human::dollars_signed(human::decimal(&leak.premium_usd));
    let total: u64 = causes.iter().map(|(_, line)| line.requests).sum();
    field(
        text,
        paint,
        "leak",
        &format!(
            "{} request{}, {premium} against the plan's price",
            human::count(total),
            if total == 1 { "" } else { "s" }
        ),
    );
    let name_width =
        causes.iter().take(CAUSES).map(|(name, _)| human::columns(name)).max().unwrap_or(0).min(22);
    for (name, line) in causes.iter().take(CAUSES) {
        let name = human::padded(name, name_width);
        let requests = human::count(line.requests);
        let premium = human::dollars_signed(human::decimal(&line.premium_usd));
        let avoidable = match line.avoidable_requests {
            0 => String::new(),
            n => format!("  {} avoidable", human::count(n)),
        };
        text.push_str(&format!("  {name}  {requests:>11}  {premium:>10}{avoidable}\n"));
    }
    if causes.len() > CAUSES {
        let rest: u64 = causes.iter().skip(CAUSES).map(|(_, line)| line.requests).sum();
        text.push_str(&format!(
            "  and {} more causes, {} requests\n",
            causes.len() - CAUSES,
            human::count(rest)
        ));
    }
}

fn flips(text: &mut String, summary: &Summary, paint: Paint) {
    let flips = &summary.flips;
    if flips.requests == 0 {
        return;
    }
    let share =
        flips.share.map_or_else(String::new, |share| format!(" ({} % of the grid's)", human::percent(share)));
    let premium = human::dollars_signed(human::decimal(&flips.premium_usd));
    let line = format!("{}{share}, {premium} above calm weather", human::count(flips.requests));
    field(text, paint, "tier flips", &line);
}

fn fees(text: &mut String, summary: &Summary, paint: Paint) {
    let fees = human::decimal(&summary.cost_usd.fees);
    if fees != 0.0 {
        let total = human::dollars(human::decimal(&summary.cost_usd.total));
        field(text, paint, "fees", &format!("{} of the {total}, added by gateways", human::dollars(fees)));
    }
}

fn probes(text: &mut String, summary: &Summary, paint: Paint) {
    for probe in &summary.probes {
        let percent =
            |share: Option<f64>| share.map_or("none".to_owned(), |s| format!("{} %", human::percent(s)));
        let (seen, real) = (percent(probe.availability), percent(probe.traffic_availability));
        let line = format!("{} at {}: {seen}, its traffic {real}", probe.name, probe.target);
        field(text, paint, "probe", &human::cut(&line, WIDTH - 13));
    }
}

/// A line with its name in front.
fn field(text: &mut String, paint: Paint, name: &str, value: &str) {
    let name = paint.tint(Tint::Quiet, &format!("{name:<11}"));
    text.push_str(format!("{name}  {value}").trim_end());
    text.push('\n');
}

/// Lines of so many columns at most, broken at blanks but not in front of a percent sign; what is wider stays in one piece.
fn fold(text: &str, width: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match pieces.last_mut() {
            Some(number) if word.starts_with('%') => {
                number.push(' ');
                number.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    let mut lines = vec![String::new()];
    for piece in pieces {
        let last = lines.len() - 1;
        let taken = human::columns(&lines[last]);
        if taken > 0 && taken + 1 + human::columns(&piece) > width {
            lines.push(piece);
        } else {
            let line = &mut lines[last];
            if taken > 0 {
                line.push(' ');
            }
            line.push_str(&piece);
        }
    }
    lines
}

#[cfg(test)]
mod tests;

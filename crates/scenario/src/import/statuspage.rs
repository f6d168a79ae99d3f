//! Incidents of a status page to an outage script.
//!
//! Reads what `GET /api/v2/incidents.json` of a page on Atlassian Statuspage returns (its v2 API). A page is not the
//! truth: it is written by people, late (11.6 % of 537 incidents were posted only when they were over, ICPE'25,
//! arXiv 2501.12469), and it states an impact, not an error rate. So the script holds what an [`Options::lag`] and a
//! table of kinds make of the page, and the notes say what was assumed or left out. Nothing is left out in silence.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sandbox_core::{Span, Time};
use sandbox_model::{Fault, FaultKind, OutageScript, Status};
use serde::Deserialize;

use super::Imported;
use crate::clock::WallClock;
use crate::problem::{Invalid, Place, Problem};
use crate::read::options as ron_options;
use crate::unpack;
use crate::write::script_to_text;

const FORMAT: &str = "expected what /api/v2/incidents.json of a Statuspage page returns";
/// Stands for every component that has no target of its own, and for incidents without components.
const ANY: &str = "*";

/// How to read a page.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Options {
    /// Which provider, endpoint or gateway of the scenario each component of the page is; `*` is any other.
    pub targets: Vec<(String, String)>,
    /// Incidents that began before this day (UTC) are left out: `2026-01-05`.
    pub from: Option<String>,
    /// Incidents that began on this day (UTC) or later are left out: `2026-01-06`.
    pub until: Option<String>,
    /// Where offsets count from; by default midnight UTC before the first fault.
    pub start: Option<WallClock>,
    /// How much earlier than the page says trouble began. Default 0: nothing is known about a page's delay.
    pub lag: Span,
    /// When trouble ended.
    pub end: End,
    /// What an impact (`critical`, `major`, `minor`, `none`, `maintenance`) means, instead of [`kind_of`].
    pub kinds: Vec<(String, FaultKind)>,
}

/// When an incident of a page was over.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum End {
    /// When the page said that a fix was in place (`monitoring`), else when it was resolved. Measured: the median is
    /// 44 min to monitoring and 79 min to resolved (OpenAI, FAILS data set): the rest is watching.
    #[default]
    Mitigated,
    /// When the page said that it was resolved.
    Resolved,
}

/// What an impact means unless told otherwise: assumptions, as a page states no error rates. `None` for planned work
/// and for incidents without impact.
#[must_use]
pub fn kind_of(impact: &str) -> Option<FaultKind> {
    let errors = |share| Some(FaultKind::Errors { share, status: Status(500), retry_after: None });
    match impact {
        "critical" => Some(FaultKind::Down { status: Status(503), retry_after: None }),
        "major" => errors(0.5),
        "minor" => errors(0.1),
        _ => None,
    }
}

/// Reads a kind of fault as scenarios write it: `Errors(share: 0.5)`.
///
/// # Errors
/// What is wrong with it.
pub fn read_kind(text: &str) -> Result<FaultKind, String> {
    let kind: FaultKind = ron_options().from_str(text).map_err(|error| error.code.to_string())?;
    kind.check().map_err(|(field, message)| format!("{field}: {message}"))?;
    Ok(kind)
}

#[derive(Deserialize)]
struct Page {
    incidents: Vec<Incident>,
}

#[derive(Deserialize)]
struct Incident {
    name: String,
    impact: String,
    created_at: String,
    started_at: Option<String>,
    monitoring_at: Option<String>,
    resolved_at: Option<String>,
    #[serde(default)]
    components: Vec<Component>,
    #[serde(default)]
    incident_updates: Vec<Update>,
}

#[derive(Deserialize)]
struct Component {
    name: String,
}

#[derive(Deserialize)]
struct Update {
    status: String,
    created_at: String,
    // Pages write `null` where there are none.
    affected_components: Option<Vec<Component>>,
}

impl Incident {
    /// Components it names, each once, in order of mention.
    fn components(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let updates = self.incident_updates.iter().flat_map(|u| u.affected_components.iter().flatten());
        for component in self.components.iter().chain(updates) {
            if !names.contains(&component.name.as_str()) {
                names.push(&component.name);
            }
        }
        names
    }

    fn monitoring(&self) -> Option<&String> {
        let update =
            || self.incident_updates.iter().filter(|u| u.status == "monitoring").map(|u| &u.created_at);
        self.monitoring_at.as_ref().or_else(|| update().min())
    }

    /// Whether the page told of it only when it was over.
    fn told_afterwards(&self) -> bool {
        !self.incident_updates.is_empty() && self.incident_updates.iter().all(|u| u.status == "resolved")
    }
}

/// A fault on the calendar.
struct Window<'p> {
    incident: &'p str,
    target: &'p str,
    kind: FaultKind,
    from: Timestamp,
    until: Timestamp,
}

/// Makes an outage script of a page. `name` stands for the file in messages; the bytes may be gzipped.
///
/// # Errors
/// If it is not such a page, a time cannot be read, or no incident hits a target.
pub fn import(name: &str, bytes: &[u8], options: &Options) -> Result<Imported, Invalid> {
    let text = unpack::text(name, bytes, FORMAT)?;
    let page: Page = serde_json::from_str(&text).map_err(|error| {
        let line_start: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        let mut problem =
            Problem::bare(name, "", format!("is no such page: {error}"), Some(FORMAT.to_owned()));
        problem.place = Some(Place::new(&text, at..at));
        problem
    })?;
    let first_day = options.from.as_deref().map(|day| first_instant(name, "--from", day)).transpose()?;
    let day_after = options.until.as_deref().map(|day| first_instant(name, "--until", day)).transpose()?;
    let mut notes = Vec::new();
    if options.lag.is_zero() {
        notes.push("trouble began when the page says so; pages are late: see --lag".to_owned());
    }
    let mut windows = Vec::new();
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut early, mut late) = (0, 0);
    for (index, incident) in page.incidents.iter().enumerate() {
        let time = |key: &str, value: &str| instant(name, &text, &format!("incidents[{index}].{key}"), value);
        let begun = incident.started_at.as_ref().unwrap_or(&incident.created_at);
        let from = time(if incident.started_at.is_some() { "started_at" } else { "created_at" }, begun)?;
        if first_day.is_some_and(|day| from < day) {
            early += 1;
            continue;
        }
        if day_after.is_some_and(|day| from >= day) {
            late += 1;
            continue;
        }
        let mut note = |what: &str| notes.push(format!("`{}` ({begun}): {what}", incident.name));
        let told = options.kinds.iter().rev().find(|(impact, _)| *impact == incident.impact);
        let Some(kind) = told.map(|(_, kind)| *kind).or_else(|| kind_of(&incident.impact)) else {
            note(&format!("impact `{0}` means no fault; left out (--kind '{0}=…')", incident.impact));
            continue;
        };
        let mitigated = incident.monitoring().filter(|_| options.end == End::Mitigated);
        let Some(over) = mitigated.or(incident.resolved_at.as_ref()) else {
            note("is not over; left out");
            continue;
        };
        let until = time("resolved_at", over)?;
        let from = from.saturating_sub(lag(options.lag)).unwrap_or(from);
        if incident.told_afterwards() {
            note("was posted only when it was over; its times are the page's");
        }
        if until <= from {
            note("ends when it begins; left out (a --lag gives it a length)");
            continue;
        }
        let components = incident.components();
        let named = if components.is_empty() { vec!["(no component)"] } else { components };
        let mut hit: Vec<&str> = Vec::new();
        for component in named {
            let target = options.targets.iter().find(|(c, _)| c == component);
            let target = target.or_else(|| options.targets.iter().find(|(c, _)| c == ANY));
            match target {
                Some((_, target)) if hit.contains(&target.as_str()) => {}
                Some((_, target)) => {
                    hit.push(target);
                    windows.push(Window { incident: &incident.name, target, kind, from, until });
                }
                None => *unknown.entry(component).or_default() += 1,
            }
        }
    }
    for (count, side, day) in [(early, "before", &options.from), (late, "from", &options.until)] {
        if let (1.., Some(day)) = (count, day) {
            let on = if side == "from" { " on" } else { "" };
            notes.push(format!("{count} incidents {side} {day}{on} left out"));
        }
    }
    for (component, count) in &unknown {
        notes.push(format!("component `{component}` has no --target: left out of {count} incidents"));
    }
    let Some(first) = windows.iter().map(|w| w.from).min() else {
        let names: Vec<&str> = unknown.keys().copied().collect();
        let hint = match names.first() {
            Some(first) => {
                format!("components of this page: {}; write --target '{first}=NAME'", names.join(", "))
            }
            None => "the page has no incident that is a fault; see --from, --until and --kind".to_owned(),
        };
        return Err(Problem::bare(name, "", "no incident hits a target".to_owned(), Some(hint)).into());
    };
    let start = match &options.start {
        Some(start) => start.clone(),
        None => midnight(first),
    };
    Ok(Imported { text: script(name, &start, windows, options, &mut notes), notes })
}

/// The script, one fault a line with the name of its incident behind it.
fn script(
    name: &str,
    start: &WallClock,
    windows: Vec<Window<'_>>,
    options: &Options,
    notes: &mut Vec<String>,
) -> String {
    let mut faults = Vec::new();
    for window in windows {
        let Some(until) = offset(start, window.until).filter(|until| *until > Time::ZERO) else {
            notes.push(format!("`{}` was over before {start}; left out", window.incident));
            continue;
        };
        let from = offset(start, window.from).unwrap_or_else(|| {
            notes.push(format!("`{}` began before {start}: cut there", window.incident));
            Time::ZERO
        });
        let fault = Fault { target: window.target.to_owned(), kind: window.kind, from, until };
        faults.push((fault, window.incident));
    }
    faults.sort_by(|(a, _), (b, _)| (a.from, a.until, &a.target).cmp(&(b.from, b.until, &b.target)));
    let names: Vec<String> =
        faults.iter().map(|(_, name)| name.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let written =
        script_to_text(&OutageScript { faults: faults.into_iter().map(|(fault, _)| fault).collect() });
    let until = match options.end {
        End::Mitigated => "until it was mitigated, else resolved",
        End::Resolved => "until it was resolved",
    };
    let lag = options.lag;
    let mut text = format!(
        "// From {name}: what the page told, begun {lag} earlier, {until}.\n// Offsets count from {start}: the scenario's `start`.\n"
    );
    let mut names = names.iter();
    for line in written.lines() {
        text.push_str(line);
        if line.trim_start().starts_with("(target:")
            && let Some(name) = names.next()
        {
            text.push_str(" // ");
            text.push_str(name);
        }
        text.push('\n');
    }
    text
}

fn instant(name: &str, text: &str, path: &str, value: &str) -> Result<Timestamp, Invalid> {
    value.parse().map_err(|_| {
        let hint = "pages write times like \"2026-01-05T13:20:00.000Z\"".to_owned();
        let mut problem = Problem::bare(name, path, format!("`{value}` is not a time"), Some(hint));
        problem.place =
            text.find(&format!("\"{value}\"")).map(|at| Place::new(text, at..at + value.len() + 2));
        problem.into()
    })
}

fn first_instant(name: &str, flag: &str, day: &str) -> Result<Timestamp, Invalid> {
    format!("{day}T00:00:00Z").parse().map_err(|_| {
        let hint = "write a day like 2026-01-05".to_owned();
        Problem::bare(name, flag, format!("`{day}` is not a day"), Some(hint)).into()
    })
}

fn midnight(instant: Timestamp) -> WallClock {
    let date = instant.to_zoned(jiff::tz::TimeZone::UTC).date();
    // A date of the calendar, and a zone that is always there.
    format!("{date} 00:00 UTC").parse().expect("midnight UTC exists on every day")
}

fn offset(start: &WallClock, instant: Timestamp) -> Option<Time> {
    let nanos = instant.as_nanosecond() - start.instant().as_nanosecond();
    u64::try_from(nanos).ok().map(Time::from_nanos)
}

fn lag(span: Span) -> jiff::SignedDuration {
    jiff::SignedDuration::from_nanos(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../../fixtures/statuspage/incidents.json");

    fn options(targets: &[(&str, &str)]) -> Options {
        let targets = targets.iter().map(|&(c, t)| (c.to_owned(), t.to_owned())).collect();
        Options { targets, ..Options::default() }
    }

    fn faults(text: &str) -> Vec<&str> {
        text.lines().filter(|l| l.contains("(target:")).map(str::trim).collect()
    }

    #[test]
    fn impacts_become_kinds_and_ends_are_mitigations() {
        let imported = import("page.json", SAMPLE.as_bytes(), &options(&[("API", "acme")])).unwrap();
        assert_eq!(
            faults(&imported.text),
            [
                "(target: \"acme\", kind: Down(status: 503), from: \"13h 20m\", until: \"13h 58m\"), // API unavailable",
                "(target: \"acme\", kind: Errors(share: 0.1, status: 500), from: \"1d 9h 5m\", until: \"1d 9h 40m\"), // Elevated errors",
                "(target: \"acme\", kind: Errors(share: 0.5, status: 500), from: \"3d 18h\", until: \"3d 20h 30m\"), // Major errors on API and console",
            ]
        );
        assert!(imported.text.contains("2026-01-05 00:00 UTC"));
        let said = imported.notes.join("\n");
        for part in [
            "see --lag",
            "component `Console` has no --target: left out of 1 incidents",
            "`Database upgrade` (2026-01-07T02:00:00.000Z): impact `maintenance` means no fault",
            "`Elevated errors` (2026-01-06T09:05:00.000Z): was posted only when it was over",
            "`Slow responses` (2026-01-10T11:00:00.000Z): is not over; left out",
        ] {
            assert!(said.contains(part), "{part}:\n{said}");
        }
    }

    #[test]
    fn options_move_what_they_say() {
        let mut told = options(&[("API", "acme"), ("*", "rest")]);
        told.lag = Span::from_mins(10);
        told.end = End::Resolved;
        told.from = Some("2026-01-08".to_owned());
        told.start = Some("2026-01-08 18:00 UTC".parse().unwrap());
        told.kinds = vec![("major".to_owned(), read_kind("Blackhole").unwrap())];
        let imported = import("page.json", SAMPLE.as_bytes(), &told).unwrap();
        assert_eq!(
            faults(&imported.text),
            [
                "(target: \"acme\", kind: Blackhole, from: \"0s\", until: \"3h\"), // Major errors on API and console",
                "(target: \"rest\", kind: Blackhole, from: \"0s\", until: \"3h\"), // Major errors on API and console",
            ]
        );
        assert!(imported.notes.iter().any(|n| n.contains("3 incidents before 2026-01-08 left out")));
        assert!(imported.notes.iter().any(|n| n.contains("cut there")));
        assert!(!imported.notes.iter().any(|n| n.contains("--lag")));
    }

    #[test]
    fn one_day_can_be_cut_out() {
        let told = Options {
            from: Some("2026-01-06".to_owned()),
            until: Some("2026-01-08".to_owned()),
            ..options(&[("API", "acme")])
        };
        let imported = import("page.json", SAMPLE.as_bytes(), &told).unwrap();
        let [only] = faults(&imported.text)[..] else { panic!("{}", imported.text) };
        assert!(only.ends_with("// Elevated errors"), "{only}");
        let said = imported.notes.join("\n");
        for part in ["1 incidents before 2026-01-06 left out", "2 incidents from 2026-01-08 on left out"] {
            assert!(said.contains(part), "{part}:\n{said}");
        }
        let error =
            import("page.json", SAMPLE.as_bytes(), &Options { until: Some("soon".to_owned()), ..told });
        assert!(error.unwrap_err().to_string().contains("--until"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = import("page.json", b"{\n  \"incident\": []\n}", &Options::default()).unwrap_err();
        assert_eq!(error.problems[0].place.as_ref().map(|p| p.line), Some(3));
        let bad = SAMPLE.replace("2026-01-05T13:20:00.000Z", "yesterday");
        let error = import("page.json", bad.as_bytes(), &options(&[("API", "acme")])).unwrap_err();
        assert_eq!(error.problems[0].path, "incidents[4].started_at");
        assert!(error.problems[0].place.is_some());
        let error = import("page.json", SAMPLE.as_bytes(), &Options::default()).unwrap_err();
        assert!(error.to_string().contains("components of this page: API, Console"), "{error}");
        assert!(read_kind("Errors(share: 2.0)").is_err());
    }
}

//! `timeline.csv`: what it writes, it reads back to the same [`Timeline`].

use sandbox_core::{Span, Time};
use sandbox_engine::output::{Timeline, TimelineRow};
use sandbox_model::Fault;

use super::cells::{Cells, Table, read_nanos};
use crate::error::ReportError;
use crate::windows;

/// The columns that every file has, in this order.
const FIXED: [&str; 15] = [
    "at_s",
    "bucket_s",
    "arrived",
    "served_by_plan",
    "leaked",
    "failed",
    "shed",
    "in_flight",
    "attempts",
    "rate_limited",
    "ttft_p50_s",
    "ttft_p95_s",
    "ttft_p99_s",
    "cost_usd",
    "twin_cost_usd",
];

const TTFT: &str = "ttft:";
/// Name of the class without an end.
const OPEN: &str = "inf";
const SERVED: &str = "served:";
const TRUTH: &str = "truth_s:";
const BELIEF: &str = "belief_s:";
const COMPETING: &str = "competing:";

/// The timeline as CSV; columns are described in the [module](crate::csv). `faults` are pairs of a lane's index
/// and a fault that hits it, as for [`Figure::from_parts`](crate::Figure::from_parts).
#[must_use]
pub fn timeline_csv(timeline: &Timeline, faults: &[(usize, Fault)]) -> String {
    let mut csv = super::writer();
    super::write(&mut csv, &header(timeline));

    let truth: Vec<Vec<(Time, Time)>> =
        (0..timeline.lanes.len()).map(|lane| truth_of(lane, faults)).collect();
    for row in &timeline.rows {
        super::write(&mut csv, &record(timeline, row, &truth));
    }
    super::finish(csv)
}

fn header(timeline: &Timeline) -> Vec<String> {
    let mut header: Vec<String> = FIXED.map(str::to_owned).to_vec();
    if !timeline.ttft_classes.is_empty() {
        header.extend(timeline.ttft_classes.iter().map(|&end| format!("{TTFT}{}", class(end))));
        header.push(format!("{TTFT}{OPEN}"));
    }
    header.extend(timeline.endpoints.iter().map(|name| format!("{SERVED}{name}")));
    header.extend(timeline.lanes.iter().map(|name| format!("{TRUTH}{name}")));
    header.extend(timeline.lanes.iter().map(|name| format!("{BELIEF}{name}")));
    header.extend(timeline.congested.iter().map(|name| format!("{COMPETING}{name}")));
    header
}

fn record(timeline: &Timeline, row: &TimelineRow, truth: &[Vec<(Time, Time)>]) -> Vec<String> {
    let mut record = vec![seconds(row.at.as_nanos()), seconds(timeline.bucket.as_nanos())];
    let counts = [
        row.arrived,
        row.served_by_plan,
        row.leaked,
        row.failed,
        row.shed,
        row.in_flight,
        row.attempts,
        row.rate_limited,
    ];
    record.extend(counts.map(|n| n.to_string()));
    match row.ttft {
        Some(ttft) => record.extend(ttft.map(|span| seconds(span.as_nanos()))),
        None => record.extend([(); 3].map(|()| String::new())),
    }
    record.push(row.cost.decimal());
    record.push(row.twin_cost.decimal());
    record.extend(row.ttft_counts.iter().map(u64::to_string));
    record.extend(row.served.iter().map(u64::to_string));
    let end = row.at.saturating_add(timeline.bucket);
    record.extend(truth.iter().map(|outages| seconds(windows::overlap(outages, row.at, end).as_nanos())));
    record.extend(row.believed_down.iter().map(|span| seconds(span.as_nanos())));
    // The shortest decimal that reads back to the same float.
    record.extend(row.competing.iter().map(f64::to_string));
    record
}

/// When a lane had at least one fault.
fn truth_of(lane: usize, faults: &[(usize, Fault)]) -> Vec<(Time, Time)> {
    let of_lane = faults.iter().filter(|(at, _)| *at == lane);
    windows::union(of_lane.map(|(_, fault)| (fault.from, fault.until)))
}

/// Nanoseconds as seconds with nine decimals.
fn seconds(nanos: u64) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// The upper end of a class in seconds, with three decimals or as many more as it needs.
fn class(end: Span) -> String {
    let text = seconds(end.as_nanos());
    let places = text.trim_end_matches('0').len().max(text.len() - 6);
    text[..places].to_owned()
}

/// What [`class`] wrote, in nanoseconds.
fn read_class(text: &str) -> Option<Span> {
    let (whole, part) = text.split_once('.')?;
    let padded = format!("{whole}.{part:0<9}");
    read_nanos(&padded).map(Span::from_nanos).filter(|&end| class(end) == text)
}

/// Reads what [`timeline_csv`] wrote. A file without any line has no width of buckets: it reads as zero.
/// `truth_s` is checked and dropped: the script says it more exactly.
///
/// # Errors
/// [`ReportError::Csv`] with the line and the column of what does not fit.
pub fn read_timeline_csv(text: &str) -> Result<Timeline, ReportError> {
    let mut table = Table::new(text)?;
    table.begins_with(&FIXED)?;
    let header = table.header().clone();
    let named = |prefix: &str| -> Vec<String> {
        header
            .iter()
            .skip(FIXED.len())
            .filter_map(|name| name.strip_prefix(prefix))
            .map(str::to_owned)
            .collect()
    };
    let mut timeline = Timeline {
        bucket: Span::ZERO,
        endpoints: named(SERVED),
        lanes: named(BELIEF),
        ttft_classes: classes(&named(TTFT))?,
        congested: named(COMPETING),
        rows: Vec::new(),
    };
    // All that it knows, in the order in which it is written.
    if self::header(&timeline).iter().ne(&header) {
        let problem = "columns must be ttft:, served:, truth_s:, belief_s: and competing: in this order, \
                       with the same lanes under truth_s: and belief_s:";
        return Err(ReportError::Csv { line: 1, problem: problem.to_owned() });
    }
    while let Some(cells) = table.next()? {
        timeline.bucket = Span::from_nanos(cells.nanos(1)?);
        let row = row_of(&cells, &timeline)?;
        timeline.rows.push(row);
    }
    Ok(timeline)
}

/// The classes of these columns: all but the last, which has no end.
fn classes(names: &[String]) -> Result<Vec<Span>, ReportError> {
    let problem = |problem: String| ReportError::Csv { line: 1, problem };
    let Some((last, rest)) = names.split_last() else { return Ok(Vec::new()) };
    if last != OPEN {
        return Err(problem(format!("the last of the columns `{TTFT}` must be `{TTFT}{OPEN}`")));
    }
    let read = |name: &String| {
        let what = "is not the end of a class in seconds, like `ttft:0.010`";
        read_class(name).ok_or_else(|| problem(format!("column `{TTFT}{name}` {what}")))
    };
    let classes: Vec<Span> = rest.iter().map(read).collect::<Result<_, _>>()?;
    if classes.is_empty() || !classes.is_sorted_by(|a, b| a < b) {
        return Err(problem(format!("the columns `{TTFT}` must rise, and there must be several")));
    }
    Ok(classes)
}

fn row_of(cells: &Cells<'_>, timeline: &Timeline) -> Result<TimelineRow, ReportError> {
    let ttft = if cells.text(10).is_empty() {
        None
    } else {
        let span = |column| cells.nanos(column).map(Span::from_nanos);
        Some([span(10)?, span(11)?, span(12)?])
    };
    let classes = if timeline.ttft_classes.is_empty() { 0 } else { timeline.ttft_classes.len() + 1 };
    let served = FIXED.len() + classes;
    let truth = served + timeline.endpoints.len();
    let belief = truth + timeline.lanes.len();
    let competing = belief + timeline.lanes.len();
    for column in truth..belief {
        cells.nanos(column)?;
    }
    Ok(TimelineRow {
        at: Time::from_nanos(cells.nanos(0)?),
        arrived: cells.number(2)?,
        served_by_plan: cells.number(3)?,
        leaked: cells.number(4)?,
        failed: cells.number(5)?,
        shed: cells.number(6)?,
        in_flight: cells.number(7)?,
        attempts: cells.number(8)?,
        rate_limited: cells.number(9)?,
        ttft,
        ttft_counts: (FIXED.len()..served).map(|column| cells.number(column)).collect::<Result<_, _>>()?,
        cost: cells.money(13)?,
        twin_cost: cells.money(14)?,
        served: (served..truth).map(|column| cells.number(column)).collect::<Result<_, _>>()?,
        believed_down: (belief..competing)
            .map(|column| cells.nanos(column).map(Span::from_nanos))
            .collect::<Result<_, _>>()?,
        competing: (competing..cells.len()).map(|column| cells.number(column)).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use sandbox_model::Usd;

    use super::*;
    use crate::synthetic::{Shape, cases, day};

    #[test]
    fn what_is_written_reads_back_exactly() {
        for (name, shape) in cases::all() {
            let run = shape.run();
            let text = timeline_csv(&run.timeline, &run.faults);
            let mut expected = run.timeline;
            if expected.rows.is_empty() {
                // A file without lines has no width.
                expected.bucket = Span::ZERO;
            }
            assert_eq!(read_timeline_csv(&text), Ok(expected), "{name}");
        }
    }

    #[test]
    fn odd_numbers_survive_too() {
        let mut timeline = Shape { buckets: 2, ..day() }.run().timeline;
        timeline.bucket = Span::from_nanos(1);
        let row = &mut timeline.rows[1];
        row.at = Time::MAX;
        row.arrived = u64::MAX;
        row.ttft = Some([Span::ZERO, Span::from_nanos(1), Span::MAX]);
        row.cost = Usd::from_pico(-1);
        row.competing = vec![0.1 + 0.2];
        assert_eq!(read_timeline_csv(&timeline_csv(&timeline, &[])), Ok(timeline));
    }

    #[test]
    fn a_timeline_is_what_it_was() {
        let shape = Shape { buckets: 6, lanes: vec!["sf, v3".to_owned()], ..day() };
        let faults = day().faults.into_iter().filter(|fault| fault.0 == 0).collect();
        let run = Shape { faults, ..shape }.run();
        insta::assert_snapshot!(timeline_csv(&run.timeline, &run.faults));
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_line() {
        let run = Shape { buckets: 3, ..day() }.run();
        let good = timeline_csv(&run.timeline, &run.faults);
        let breaks: [(&str, &str, &str); 4] = [
            ("arrived", "arrivals", "line 1: column 3 must be `arrived`, found `arrivals`"),
            (
                "28800.000000000,28800",
                "28800.0,28800",
                "line 3: column `at_s`: `28800.0` is not seconds with nine",
            ),
            ("belief_s:sf-v3", "believe_s:sf-v3", "line 1: columns must be"),
            ("\n28800.", "\n1,28800.", "line 3"),
        ];
        for (from, to, message) in breaks {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            let error = read_timeline_csv(&bad).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert!(read_timeline_csv("").is_err());
    }
}

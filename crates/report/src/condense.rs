//! Long runs in fewer rows, for pages that must stay small: a month of minutes becomes some 1,500 columns.
//!
//! Counts, time and money add up, so that sums stay exact. What a mean would hide is kept by its worst: the highest
//! percentile of any bucket, and in [`Peaks`] the bucket with the largest leak, the most attempts per request, and so on.

use ::csv::{ReaderBuilder, Terminator, WriterBuilder};
use sandbox_core::Span;
use sandbox_engine::output::{Timeline, TimelineRow};
use sandbox_model::Fault;

use crate::csv::timeline_csv;

/// At most this many rows.
pub(crate) const ROWS_MAX: usize = 1_500;

/// A timeline of at most [`ROWS_MAX`] rows.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Condensed {
    /// Rows of `factor` buckets each; percentiles and competing load are the highest of them.
    pub(crate) timeline: Timeline,
    /// Buckets in a row; the last row may have fewer.
    pub(crate) factor: usize,
    /// One for each row.
    pub(crate) peaks: Vec<Peaks>,
}

/// The worst of the buckets that became one row. Shares are of the requests that arrived in a bucket, and `None` if none
/// arrived in any.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub(crate) struct Peaks {
    /// Smallest share that was served as planned.
    pub(crate) plan_share_min: Option<f64>,
    /// Largest share that failed or was shed.
    pub(crate) failed_share_max: Option<f64>,
    /// Most attempts per request that arrived.
    pub(crate) attempts_per_request_max: Option<f64>,
    /// Most 429 answers in a bucket.
    pub(crate) rate_limited_max: u64,
}

/// Names of the columns that hold [`Peaks`].
pub(crate) const PEAKS: [&str; 4] =
    ["plan_share_min", "failed_share_max", "attempts_per_request_max", "rate_limited_max"];

impl Peaks {
    fn of(rows: &[TimelineRow]) -> Self {
        let shares = |part: fn(&TimelineRow) -> u64| {
            let busy = rows.iter().filter(|row| row.arrived > 0);
            busy.map(move |row| part(row) as f64 / row.arrived as f64)
        };
        Self {
            plan_share_min: shares(|row| row.served_by_plan).reduce(f64::min),
            failed_share_max: shares(|row| row.failed + row.shed).reduce(f64::max),
            attempts_per_request_max: shares(|row| row.attempts).reduce(f64::max),
            rate_limited_max: rows.iter().map(|row| row.rate_limited).max().unwrap_or(0),
        }
    }

    /// As cells of the columns [`PEAKS`].
    pub(crate) fn cells(&self) -> [String; 4] {
        // The shortest decimals that read back to the same floats.
        let cell = |share: Option<f64>| share.map_or_else(String::new, |share| share.to_string());
        [
            cell(self.plan_share_min),
            cell(self.failed_share_max),
            cell(self.attempts_per_request_max),
            self.rate_limited_max.to_string(),
        ]
    }
}

impl Condensed {
    /// As CSV: the columns of `timeline.csv`, and [`PEAKS`] where rows are more than one bucket.
    pub(crate) fn csv(&self, faults: &[(usize, Fault)]) -> String {
        let text = timeline_csv(&self.timeline, faults);
        if self.factor == 1 {
            return text;
        }
        let mut lines = ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let mut csv = Vec::new();
        let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(&mut csv);
        let head = PEAKS.map(str::to_owned);
        let more = std::iter::once(head).chain(self.peaks.iter().map(Peaks::cells));
        for (line, more) in lines.records().flatten().zip(more) {
            // Lines of one length, written to memory.
            let _ = writer.write_record(line.iter().chain(more.iter().map(String::as_str)));
        }
        drop(writer);
        String::from_utf8(csv).unwrap_or_default()
    }

    /// A timeline in as few buckets a row as leave at most [`ROWS_MAX`] rows: one, if that is enough.
    pub(crate) fn new(timeline: &Timeline) -> Self {
        let factor = timeline.rows.len().div_ceil(ROWS_MAX).max(1);
        let peaks = timeline.rows.chunks(factor).map(Peaks::of).collect();
        let rows = if factor == 1 {
            timeline.rows.clone()
        } else {
            timeline.rows.chunks(factor).filter_map(together).collect()
        };
        let bucket = Span::from_nanos(timeline.bucket.as_nanos().saturating_mul(factor as u64));
        let names = Timeline {
            bucket,
            endpoints: timeline.endpoints.clone(),
            lanes: timeline.lanes.clone(),
            ttft_classes: timeline.ttft_classes.clone(),
            congested: timeline.congested.clone(),
            rows,
        };
        Self { timeline: names, factor, peaks }
    }
}

/// Some buckets as one; `None` of none.
fn together(rows: &[TimelineRow]) -> Option<TimelineRow> {
    let (first, rest) = rows.split_first()?;
    let mut sum = first.clone();
    for row in rest {
        add(&mut sum, row);
    }
    Some(sum)
}

fn add(sum: &mut TimelineRow, row: &TimelineRow) {
    sum.arrived += row.arrived;
    sum.served_by_plan += row.served_by_plan;
    sum.leaked += row.leaked;
    sum.failed += row.failed;
    sum.shed += row.shed;
    sum.in_flight += row.in_flight;
    sum.attempts += row.attempts;
    sum.rate_limited += row.rate_limited;
    sum.ttft = match (sum.ttft, row.ttft) {
        (Some(a), Some(b)) => Some([0, 1, 2].map(|i| a[i].max(b[i]))),
        (a, b) => a.or(b),
    };
    add_each(&mut sum.ttft_counts, &row.ttft_counts);
    // They are sums from the start already.
    sum.cost = row.cost;
    sum.twin_cost = row.twin_cost;
    add_each(&mut sum.served, &row.served);
    for (down, more) in sum.believed_down.iter_mut().zip(&row.believed_down) {
        *down = down.saturating_add(*more);
    }
    for (most, share) in sum.competing.iter_mut().zip(&row.competing) {
        *most = most.max(*share);
    }
}

fn add_each(sums: &mut [u64], counts: &[u64]) {
    for (sum, n) in sums.iter_mut().zip(counts) {
        *sum += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Shape, day};

    fn month() -> Timeline {
        Shape { horizon_s: 30 * 86_400, buckets: 43_200, ..day() }.run().timeline
    }

    #[test]
    fn sums_stay_exact() {
        let timeline = month();
        let condensed = Condensed::new(&timeline);
        assert_eq!(condensed.factor, 29);
        assert_eq!(condensed.timeline.rows.len(), 43_200_usize.div_ceil(29));
        let sum =
            |timeline: &Timeline, of: fn(&TimelineRow) -> u64| timeline.rows.iter().map(of).sum::<u64>();
        for of in [
            |row: &TimelineRow| row.arrived,
            |row: &TimelineRow| row.leaked,
            |row: &TimelineRow| row.attempts,
            |row: &TimelineRow| row.served.iter().sum(),
            |row: &TimelineRow| row.ttft_counts.iter().sum(),
            |row: &TimelineRow| row.believed_down.iter().map(|span| span.as_nanos()).sum(),
        ] {
            assert_eq!(sum(&condensed.timeline, of), sum(&timeline, of));
        }
        let ends = |timeline: &Timeline| timeline.rows.last().map(|row| (row.cost, row.twin_cost));
        assert_eq!(ends(&condensed.timeline), ends(&timeline));
    }

    #[test]
    fn a_spike_of_one_bucket_stays() {
        let mut timeline = month();
        let spike = &mut timeline.rows[20_000];
        (spike.arrived, spike.served_by_plan, spike.leaked, spike.failed) = (100, 3, 90, 7);
        (spike.attempts, spike.rate_limited) = (700, 9_999);
        spike.ttft = Some([Span::from_secs(70), Span::from_secs(80), Span::from_secs(90)]);
        let condensed = Condensed::new(&timeline);
        let at = 20_000 / condensed.factor;
        let peaks = condensed.peaks[at];
        assert_eq!(peaks.plan_share_min, Some(0.03));
        assert!(peaks.failed_share_max >= Some(0.07));
        assert_eq!(peaks.attempts_per_request_max, Some(7.0));
        assert_eq!(peaks.rate_limited_max, 9_999);
        assert_eq!(condensed.timeline.rows[at].ttft.map(|ttft| ttft[2]), Some(Span::from_secs(90)));
    }

    #[test]
    fn a_short_run_is_left_alone() {
        let timeline = day().run().timeline;
        let condensed = Condensed::new(&timeline);
        assert_eq!((condensed.factor, condensed.timeline), (1, timeline));
    }
}

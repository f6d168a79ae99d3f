//! The timeline while it is being written.
//!
//! A bucket's histogram lives from its first arrival until its last request has left; then three percentiles and the
//! counts of a few classes remain, and the histogram is used again. So memory does not depend on what is in a bucket.

use hdrhistogram::Histogram;
use sandbox_core::{Span, Time};
use sandbox_model::Usd;

use crate::account::{Outcome, quantile, record_ttft, ttft_histogram, ttft_of};
use crate::output::TTFT_CLASSES;

/// Classes of times to first token: those with an end, and one without.
pub(crate) const CLASSES: usize = TTFT_CLASSES.len() + 1;

/// All buckets of a run.
#[derive(Clone)]
pub(crate) struct Buckets {
    width: u64,
    endpoints: usize,
    pub(crate) rows: Vec<Bucket>,
    /// Requests by bucket of arrival and endpoint that served them.
    pub(crate) served: Vec<u32>,
    /// Requests that got a first token, by bucket of arrival and class; once the bucket is closed.
    ttft_counts: Vec<u32>,
    /// Histograms of the buckets that are open.
    open: Vec<Option<Histogram<u32>>>,
    spare: Vec<Histogram<u32>>,
    newest: u32,
}

/// One bucket.
#[derive(Copy, Clone, Default)]
pub(crate) struct Bucket {
    pub(crate) arrived: u64,
    pub(crate) served_by_plan: u64,
    pub(crate) leaked: u64,
    pub(crate) failed: u64,
    pub(crate) shed: u64,
    pub(crate) attempts: u64,
    pub(crate) rate_limited: u64,
    pub(crate) billed: Usd,
    /// Median, 95th and 99th percentile, once it is closed.
    pub(crate) ttft: Option<[Span; 3]>,
}

impl Bucket {
    /// Requests that arrived here and have not left.
    pub(crate) const fn in_flight(&self) -> u64 {
        self.arrived - self.served_by_plan - self.leaked - self.failed - self.shed
    }
}

impl Buckets {
    pub(crate) fn new(duration: Span, width: Span, endpoints: usize) -> Self {
        let count = duration.as_nanos().div_ceil(width.as_nanos()) as usize;
        Self {
            width: width.as_nanos(),
            endpoints,
            rows: vec![Bucket::default(); count],
            served: vec![0; count * endpoints],
            ttft_counts: vec![0; count * CLASSES],
            open: vec![None; count],
            spare: Vec::new(),
            newest: 0,
        }
    }

    /// The bucket of an instant before the end of the scenario; the end itself counts to the last.
    #[inline]
    pub(crate) fn index(&self, at: Time) -> u32 {
        ((at.as_nanos() / self.width) as usize).min(self.rows.len() - 1) as u32
    }

    pub(crate) fn at(&mut self, at: Time) -> &mut Bucket {
        let index = self.index(at);
        &mut self.rows[index as usize]
    }

    /// A request arrives in a bucket; buckets come in order of time.
    pub(crate) fn arrive(&mut self, bucket: u32) {
        self.rows[bucket as usize].arrived += 1;
        for past in self.newest..bucket {
            self.close_if_done(past);
        }
        self.newest = bucket;
    }

    /// A request of a bucket gets its first token.
    pub(crate) fn first_token(&mut self, bucket: u32, ttft: Span) {
        let spare = &mut self.spare;
        let histogram =
            self.open[bucket as usize].get_or_insert_with(|| spare.pop().unwrap_or_else(ttft_histogram));
        record_ttft(histogram, ttft);
    }

    /// A request of a bucket leaves.
    pub(crate) fn leave(&mut self, bucket: u32, outcome: Outcome, endpoint: Option<u16>) {
        let row = &mut self.rows[bucket as usize];
        match outcome {
            Outcome::Plan => row.served_by_plan += 1,
            Outcome::Leak => row.leaked += 1,
            Outcome::Failed => row.failed += 1,
            Outcome::Shed => row.shed += 1,
        }
        if let Some(endpoint) = endpoint {
            self.served[bucket as usize * self.endpoints + endpoint as usize] += 1;
        }
        if bucket < self.newest {
            self.close_if_done(bucket);
        }
    }

    /// The scenario is over.
    pub(crate) fn finish(&mut self) {
        for bucket in 0..self.rows.len() {
            self.close(bucket);
        }
    }

    fn close_if_done(&mut self, bucket: u32) {
        if self.rows[bucket as usize].in_flight() == 0 {
            self.close(bucket as usize);
        }
    }

    fn close(&mut self, bucket: usize) {
        let Some(mut histogram) = self.open[bucket].take() else { return };
        if let [Some(p50), Some(p95), Some(p99)] = [50.0, 95.0, 99.0].map(|p| quantile(&histogram, p)) {
            self.rows[bucket].ttft = Some([p50, p95, p99]);
        }
        let counts = &mut self.ttft_counts[bucket * CLASSES..(bucket + 1) * CLASSES];
        for value in histogram.iter_recorded() {
            // What a percentile would say of it: so that both agree.
            let ttft = ttft_of(histogram.highest_equivalent(value.value_iterated_to()));
            counts[TTFT_CLASSES.partition_point(|&end| end < ttft)] += value.count_at_value();
        }
        histogram.reset();
        self.spare.push(histogram);
    }

    /// Requests of a bucket that got a first token, by class.
    pub(crate) fn ttft_counts(&self, index: usize) -> &[u32] {
        &self.ttft_counts[index * CLASSES..(index + 1) * CLASSES]
    }

    /// Start of a bucket.
    pub(crate) fn start(&self, index: usize) -> Time {
        Time::from_nanos(index as u64 * self.width)
    }

    pub(crate) fn width(&self) -> Span {
        Span::from_nanos(self.width)
    }
}

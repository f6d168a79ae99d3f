//! The run over time, in a fixed number of equal buckets.

use sandbox_core::{Span, Time};
use sandbox_model::Usd;

/// Upper ends of the classes of times to first token of a run: preferred numbers (E6 of IEC 60063) from 10 ms to 100 s.
pub const TTFT_CLASSES: [Span; 25] = {
    const DIGITS: [u64; 6] = [10, 15, 22, 33, 47, 68];
    let mut classes = [Span::ZERO; 25];
    let (mut index, mut unit) = (0, 1);
    while index < classes.len() {
        classes[index] = Span::from_millis(DIGITS[index % 6] * unit);
        index += 1;
        if index % 6 == 0 {
            unit *= 10;
        }
    }
    classes
};

/// The run over time.
#[derive(Clone, PartialEq, Debug)]
pub struct Timeline {
    /// Width of a bucket; the last one may be cut by the end of the scenario.
    pub bucket: Span,
    /// Names of the endpoints: columns of [`TimelineRow::served`].
    pub endpoints: Vec<String>,
    /// Names of the targets that can fail and be believed failed: columns of [`TimelineRow::believed_down`].
    /// Endpoints and gateways, in the scenario's order.
    pub lanes: Vec<String>,
    /// Upper ends of the classes of times to first token, rising; a last class without end follows: columns of
    /// [`TimelineRow::ttft_counts`]. [`TTFT_CLASSES`] of a run.
    pub ttft_classes: Vec<Span>,
    /// Names of the providers with competing load: columns of [`TimelineRow::competing`].
    pub congested: Vec<String>,
    /// One row a bucket, in order of time.
    pub rows: Vec<TimelineRow>,
}

/// One bucket. Requests are counted in the bucket in which they arrived, so that in each row
/// `arrived = served_by_plan + leaked + failed + shed + in_flight`.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct TimelineRow {
    /// Start of the bucket.
    pub at: Time,
    /// Requests that arrived.
    pub arrived: u64,
    /// Of these, served as planned.
    pub served_by_plan: u64,
    /// Of these, served by something else than the plan.
    pub leaked: u64,
    /// Of these, not served.
    pub failed: u64,
    /// Of these, refused before any attempt was made.
    pub shed: u64,
    /// Of these, not finished at the end of the scenario.
    pub in_flight: u64,
    /// Attempts that entry routers began in this bucket.
    pub attempts: u64,
    /// 429 answers that endpoints gave in this bucket.
    pub rate_limited: u64,
    /// Time from arrival to first token at the client: median, 95th and 99th percentile of the requests that
    /// arrived here and got one; `None` if none did.
    pub ttft: Option<[Span; 3]>,
    /// Requests that arrived here and got a first token, by class of [`Timeline::ttft_classes`]; the last has no end.
    pub ttft_counts: Vec<u64>,
    /// Billed from the start of the scenario to the end of this bucket.
    pub cost: Usd,
    /// The same in the control twin.
    pub twin_cost: Usd,
    /// Requests that arrived here, by the endpoint that served them.
    pub served: Vec<u64>,
    /// How long at least one router believed the target down in this bucket, by lane.
    pub believed_down: Vec<Span>,
    /// Share of the batch that competing load took at the start of the bucket, by congested provider.
    pub competing: Vec<f64>,
}

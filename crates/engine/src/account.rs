//! Counting while the run runs: tallies by workload, router and endpoint, and the ledger's cells.
//!
//! All of it has a fixed size: nothing here grows with the number of requests.

use hdrhistogram::Histogram;
use sandbox_core::Span;
use sandbox_model::{Cause, Usd};

/// Times to first token are counted in steps of 0.1 ms, with two significant digits, up to an hour.
const TTFT_UNIT_NANOS: u64 = 100_000;
const TTFT_MOST: u64 = 36_000_000;

/// A histogram of times to first token.
pub(crate) fn ttft_histogram<C: hdrhistogram::Counter>() -> Histogram<C> {
    Histogram::new_with_bounds(1, TTFT_MOST, 2).expect("the bounds are constants that fit")
}

pub(crate) fn record_ttft<C: hdrhistogram::Counter>(histogram: &mut Histogram<C>, ttft: Span) {
    histogram.saturating_record((ttft.as_nanos() / TTFT_UNIT_NANOS).max(1));
}

/// Times to first token of many requests: a histogram, once there are any.
#[derive(Clone, Default)]
pub(crate) struct Ttft(Option<Histogram<u64>>);

impl Ttft {
    pub(crate) fn record(&mut self, ttft: Span) {
        record_ttft(self.0.get_or_insert_with(ttft_histogram), ttft);
    }

    fn add(&mut self, other: &Self) {
        if let Some(other) = &other.0 {
            let all = self.0.get_or_insert_with(ttft_histogram);
            all.add(other).expect("all of these histograms have the same bounds");
        }
    }

    pub(crate) fn quantile(&self, percent: f64) -> Option<Span> {
        self.0.as_ref().and_then(|histogram| quantile(histogram, percent))
    }
}

/// A quantile; `None` of an empty histogram.
pub(crate) fn quantile<C: hdrhistogram::Counter>(histogram: &Histogram<C>, percent: f64) -> Option<Span> {
    (!histogram.is_empty()).then(|| ttft_of(histogram.value_at_quantile(percent / 100.0)))
}

/// The time that a value of a histogram stands for.
pub(crate) fn ttft_of(value: u64) -> Span {
    Span::from_nanos(value * TTFT_UNIT_NANOS)
}

/// How the requests of one workload, router or endpoint ended, and what was done for them.
#[derive(Clone)]
pub(crate) struct Tally {
    pub(crate) arrived: u64,
    pub(crate) served_by_plan: u64,
    pub(crate) leaked: u64,
    pub(crate) failed: u64,
    pub(crate) shed: u64,
    /// Counted up and down, and held against the rest in the end.
    pub(crate) in_flight: u64,
    /// Of those that left: requests with an attempt, and their attempts.
    pub(crate) tried: u64,
    pub(crate) attempts_of_left: u64,
    pub(crate) attempts: u64,
    pub(crate) retries: u64,
    pub(crate) fallbacks: u64,
    pub(crate) hedges: u64,
    pub(crate) ttft: Ttft,
    pub(crate) billed: Usd,
    /// Of it, for gateways.
    pub(crate) fees: Usd,
    pub(crate) wasted: Usd,
    pub(crate) leaks: [LeakTally; Cause::ALL.len()],
    pub(crate) grid_served: u64,
    pub(crate) flipped: u64,
    pub(crate) flip_premium: Usd,
}

#[derive(Copy, Clone, Default)]
pub(crate) struct LeakTally {
    pub(crate) requests: u64,
    pub(crate) avoidable: u64,
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) billed: Usd,
    pub(crate) premium: Usd,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            arrived: 0,
            served_by_plan: 0,
            leaked: 0,
            failed: 0,
            shed: 0,
            in_flight: 0,
            tried: 0,
            attempts_of_left: 0,
            attempts: 0,
            retries: 0,
            fallbacks: 0,
            hedges: 0,
            ttft: Ttft::default(),
            billed: Usd::ZERO,
            fees: Usd::ZERO,
            wasted: Usd::ZERO,
            leaks: [LeakTally::default(); Cause::ALL.len()],
            grid_served: 0,
            flipped: 0,
            flip_premium: Usd::ZERO,
        }
    }

    /// Several tallies together.
    pub(crate) fn sum<'a>(tallies: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = Self::new();
        for tally in tallies {
            sum.add(tally);
        }
        sum
    }

    fn add(&mut self, other: &Self) {
        self.arrived += other.arrived;
        self.served_by_plan += other.served_by_plan;
        self.leaked += other.leaked;
        self.failed += other.failed;
        self.shed += other.shed;
        self.in_flight += other.in_flight;
        self.tried += other.tried;
        self.attempts_of_left += other.attempts_of_left;
        self.attempts += other.attempts;
        self.retries += other.retries;
        self.fallbacks += other.fallbacks;
        self.hedges += other.hedges;
        self.ttft.add(&other.ttft);
        self.billed += other.billed;
        self.fees += other.fees;
        self.wasted += other.wasted;
        for (leak, more) in self.leaks.iter_mut().zip(&other.leaks) {
            leak.requests += more.requests;
            leak.avoidable += more.avoidable;
            leak.input += more.input;
            leak.output += more.output;
            leak.billed += more.billed;
            leak.premium += more.premium;
        }
        self.grid_served += other.grid_served;
        self.flipped += other.flipped;
        self.flip_premium += other.flip_premium;
    }

    /// Leaked requests whose attempt began while the plan was healthy and had headroom.
    pub(crate) fn avoidable(&self) -> u64 {
        self.leaks.iter().map(|leak| leak.avoidable).sum()
    }

    /// What the leaked work cost above the plan's prices.
    pub(crate) fn leak_premium(&self) -> Usd {
        self.leaks.iter().map(|leak| leak.premium).sum()
    }

    pub(crate) fn arrive(&mut self) {
        self.arrived += 1;
        self.in_flight += 1;
    }

    pub(crate) fn leave(&mut self, outcome: Outcome) {
        self.in_flight -= 1;
        match outcome {
            Outcome::Plan => self.served_by_plan += 1,
            Outcome::Leak => self.leaked += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Shed => self.shed += 1,
        }
    }

    /// Counts an attempt as a first one, a retry or a fallback of its call.
    pub(crate) fn attempt(&mut self, kind: AttemptKind) {
        self.attempts += 1;
        match kind {
            AttemptKind::First => {}
            AttemptKind::Retry => self.retries += 1,
            AttemptKind::Fallback => self.fallbacks += 1,
            AttemptKind::Hedge => self.hedges += 1,
        }
    }

    /// Counts what a served request was billed.
    pub(crate) fn serve(&mut self, served: &Served) {
        self.bill(served.billed, served.fees);
        if let Path::Leak { cause, avoidable, .. } = served.path {
            let leak = &mut self.leaks[cause.index()];
            leak.requests += 1;
            leak.avoidable += u64::from(avoidable);
            leak.input += u64::from(served.input);
            leak.output += u64::from(served.output);
            leak.billed += served.billed;
            leak.premium += served.premium;
        }
        if let Some(above) = served.grid {
            self.grid_served += 1;
            if above > Usd::ZERO {
                self.flipped += 1;
                self.flip_premium += above;
            }
        }
    }

    /// Counts what was billed, `fees` of it for gateways.
    pub(crate) fn bill(&mut self, billed: Usd, fees: Usd) {
        self.billed += billed;
        self.fees += fees;
    }

    /// Counts what was billed for nothing.
    pub(crate) fn waste(&mut self, billed: Usd, fees: Usd) {
        self.bill(billed, fees);
        self.wasted += billed;
    }
}

/// How a request ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Served as planned.
    Plan,
    /// Served by something else than the plan.
    Leak,
    /// Not served; a caller that gave up counts here.
    Failed,
    /// Refused before any attempt was made.
    Shed,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum AttemptKind {
    First,
    Retry,
    Fallback,
    Hedge,
}

/// Where an attempt stands towards the plan.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Path {
    /// On a way that may still lead to the plan.
    Open,
    /// At the plan, or below it.
    Plan,
    /// Off the plan.
    Leak {
        cause: Cause,
        avoidable: bool,
        /// An attempt of the request's own at the plan had failed before.
        tried_plan: bool,
    },
}

/// A response that an endpoint completed, and its bill.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Served {
    pub(crate) endpoint: u16,
    pub(crate) path: Path,
    pub(crate) input: u32,
    pub(crate) output: u32,
    /// Fees included.
    pub(crate) billed: Usd,
    pub(crate) fees: Usd,
    /// Above what the plan would have billed.
    pub(crate) premium: Usd,
    /// If a grid served it: what it billed above the calm-weather choice.
    pub(crate) grid: Option<Usd>,
}

/// Kinds of work in the ledger: plan, wasted, and each cause, unavoidable and avoidable.
const WORKS: usize = 2 + 2 * Cause::ALL.len();
const PLAN: usize = 0;
const WASTED: usize = WORKS - 1;

/// One cell of the ledger.
#[derive(Copy, Clone, Default)]
pub(crate) struct Cell {
    pub(crate) requests: u64,
    pub(crate) attempts: u64,
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) billed: Usd,
    pub(crate) fees: Usd,
    pub(crate) premium: Usd,
    pub(crate) flipped: u64,
    pub(crate) flip_premium: Usd,
}

/// The ledger while it is being written: a cell for each workload, kind of work and endpoint.
#[derive(Clone)]
pub(crate) struct Cells {
    endpoints: usize,
    cells: Vec<Cell>,
}

impl Cells {
    pub(crate) fn new(workloads: usize, endpoints: usize) -> Self {
        Self { endpoints, cells: vec![Cell::default(); workloads * WORKS * endpoints] }
    }

    fn cell(&mut self, workload: u16, work: usize, endpoint: u16) -> &mut Cell {
        &mut self.cells[(workload as usize * WORKS + work) * self.endpoints + endpoint as usize]
    }

    /// Enters a completed response; `reached` is false if the scenario ended before it got to the client.
    pub(crate) fn serve(&mut self, workload: u16, served: &Served, reached: bool) {
        let work = match served.path {
            Path::Open | Path::Plan => PLAN,
            Path::Leak { cause, avoidable, .. } => 1 + 2 * cause.index() + usize::from(avoidable),
        };
        let cell = self.cell(workload, work, served.endpoint);
        cell.requests += u64::from(reached);
        cell.attempts += 1;
        cell.input += u64::from(served.input);
        cell.output += u64::from(served.output);
        cell.billed += served.billed;
        cell.fees += served.fees;
        cell.premium += served.premium;
        if let Some(above) = served.grid.filter(|&above| above > Usd::ZERO && reached) {
            cell.flipped += 1;
            cell.flip_premium += above;
        }
    }

    /// Enters work that was billed and that nobody got.
    pub(crate) fn waste(&mut self, workload: u16, served: &Served) {
        let cell = self.cell(workload, WASTED, served.endpoint);
        cell.attempts += 1;
        cell.input += u64::from(served.input);
        cell.output += u64::from(served.output);
        cell.billed += served.billed;
        cell.fees += served.fees;
    }

    /// The cells with work in them: workload, kind of work, endpoint.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, crate::output::Work, usize, &Cell)> {
        self.cells.iter().enumerate().filter(|(_, cell)| cell.attempts > 0).map(|(index, cell)| {
            let (row, endpoint) = (index / self.endpoints, index % self.endpoints);
            let work = match row % WORKS {
                PLAN => crate::output::Work::Plan,
                WASTED => crate::output::Work::Wasted,
                leak => {
                    crate::output::Work::Leak { cause: Cause::ALL[(leak - 1) / 2], avoidable: leak % 2 == 0 }
                }
            };
            (row / WORKS, work, endpoint, cell)
        })
    }
}

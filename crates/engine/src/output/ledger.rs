//! Who was billed for what, and why: lines that sum to the bill.

use sandbox_model::{Cause, Usd};

/// What kind of work a line is about.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Work {
    /// Served by the plan.
    Plan,
    /// Served by something else.
    Leak {
        /// Why it left the plan.
        cause: Cause,
        /// Whether the plan was healthy and had headroom when the attempt began.
        avoidable: bool,
    },
    /// Billed, but of no use: abandoned, broken off, or the loser of a hedge.
    Wasted,
}

impl Work {
    /// The name in files: `plan`, `leak` or `wasted`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Leak { .. } => "leak",
            Self::Wasted => "wasted",
        }
    }
}

/// One line: all work of one kind that one workload got from one endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerLine {
    /// Name of the workload.
    pub workload: String,
    /// Name of the endpoint.
    pub endpoint: String,
    /// What kind of work.
    pub work: Work,
    /// Requests served; 0 for wasted work.
    pub requests: u64,
    /// Attempts that were billed.
    pub attempts: u64,
    /// Prompt tokens billed.
    pub input_tokens: u64,
    /// Answer tokens billed.
    pub output_tokens: u64,
    /// Billed, fees included.
    pub billed: Usd,
    /// Of it, what gateways added.
    pub fees: Usd,
    /// Billed above what the plan would have billed for the same tokens; zero on plan.
    pub premium: Usd,
    /// Of the requests, those that a grid served from a dearer upstream than in calm weather.
    pub flipped: u64,
    /// What the flipped requests cost above what the calm-weather upstream would have billed.
    pub flip_premium: Usd,
}

/// The ledger: lines in order of workload, work and endpoint; only lines with work in them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Ledger {
    /// The lines.
    pub lines: Vec<LedgerLine>,
}

impl Ledger {
    /// The bill.
    #[must_use]
    pub fn total(&self) -> Usd {
        self.lines.iter().map(|line| line.billed).sum()
    }

    /// Of the bill, what gateways added.
    #[must_use]
    pub fn fees(&self) -> Usd {
        self.lines.iter().map(|line| line.fees).sum()
    }
}

//! Where requests went: what was tried first, why they left their plan, and who served them in the end.

use sandbox_model::{Cause, Usd};

/// Where requests went: lines in order of workload, first target, cause and end; only lines with something in them.
///
/// The lines' requests sum to the requests that arrived, and what they billed sums to the bill.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Flow {
    /// The lines.
    pub lines: Vec<FlowLine>,
}

/// Requests that went the same way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlowLine {
    /// Name of the workload.
    pub workload: String,
    /// Name of the target that was tried first: by the entry router, or the entry itself if it is a gateway that clients
    /// call; `None` if nothing was tried.
    pub first: Option<String>,
    /// Why they left the plan; of those that were not served, what went wrong at the plan last, if anything did.
    pub cause: Option<Cause>,
    /// Of a leak: the plan was healthy and had headroom when the attempt that left it began.
    pub avoidable: bool,
    /// An attempt of their own at the plan had failed before they left it or were given up: nothing had told their router.
    pub tried_plan: bool,
    /// What became of them.
    pub end: FlowEnd,
    /// Requests; 0 for wasted work, whose requests are counted where they ended.
    pub requests: u64,
    /// Prompt tokens billed.
    pub input_tokens: u64,
    /// Answer tokens billed.
    pub output_tokens: u64,
    /// Billed, fees included.
    pub billed: Usd,
    /// Of it, what the plan would not have billed for the same tokens.
    pub premium: Usd,
}

/// What became of requests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FlowEnd {
    /// Served as planned, by this endpoint.
    Plan(String),
    /// Served by something else: this endpoint.
    Leak(String),
    /// Not served.
    Failed,
    /// Refused before any attempt was made.
    Shed,
    /// Not finished at the end of the scenario.
    InFlight,
    /// Not a request but work that this endpoint billed for nothing: abandoned, broken off, or the loser of a hedge.
    Wasted(String),
}

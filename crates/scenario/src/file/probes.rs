//! Health probes: what somebody who only looks from time to time sees.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

/// A prober that asks a target now and then whether it is there. It takes no capacity and is no traffic; gray failures
/// do not see it (Huang et al., HotOS'17: differential observability).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Names its noise; unique among probes.
    pub name: String,
    /// An endpoint, a router that has a region, or a provider: then its first endpoint is asked.
    pub target: String,
    /// From one probe to the next; the first is at the start. Default 60 s: the interval of llmstatus.io's light
    /// inference checks (30 s for reachability).
    #[serde(default = "minute")]
    pub every: Span,
}

const fn minute() -> Span {
    Span::from_secs(60)
}

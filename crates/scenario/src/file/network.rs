//! Links between regions.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

/// A network path between two regions, the same both ways.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// One region.
    pub from: String,
    /// The other.
    pub to: String,
    /// Median round-trip time.
    pub rtt: Span,
    /// Spread of the round-trip time: standard deviation of its logarithm.
    #[serde(default = "link_jitter")]
    pub jitter: f64,
    /// How long an idle connection is kept open for reuse. A new connection costs two more round trips
    /// (TCP and TLS 1.3). Default 60 s: an assumption.
    #[serde(default = "keep_alive")]
    pub keep_alive: Span,
}

impl Link {
    /// Round-trip time inside a region: between availability zones of IBM VPC (docs, Aug 2024) and in-region
    /// at AWS (cloudping p50: 1 to 4 ms).
    pub const WITHIN_REGION_RTT: Span = Span::from_millis(2);

    /// The network inside a region, unless the file links the region to itself.
    #[must_use]
    pub fn within(region: &str) -> Self {
        Self {
            from: region.to_owned(),
            to: region.to_owned(),
            rtt: Self::WITHIN_REGION_RTT,
            jitter: link_jitter(),
            keep_alive: keep_alive(),
        }
    }
}

const fn link_jitter() -> f64 {
    0.1
}

const fn keep_alive() -> Span {
    Span::from_secs(60)
}

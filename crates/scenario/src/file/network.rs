//! Links between regions.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::Profile;

/// A network path between two regions.
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
    /// Share of packets lost at all times, in both directions, 0 to 0.9. Default 0.
    #[serde(default)]
    pub loss: f64,
    /// Loss and delay in one direction, by the hour.
    #[serde(default)]
    pub friction: Option<Friction>,
    /// Blocks new connections for a while after a request that sets it off.
    #[serde(default)]
    pub residual_block: Option<ResidualBlock>,
}

/// Cross-border friction: packets towards one end of a link get lost and come late, by the hour of the day. Measured on
/// the way into mainland China and not on the way out (Zhu et al., The Great Bottleneck of China, POMACS 2020).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Friction {
    /// The end of the link whose inbound packets suffer.
    pub toward: String,
    /// Share of packets lost at the profile's height, 0 to 0.9. Default 0.15: the mean of the slow phase (up to 0.4) of
    /// the same study (authors on the NANOG list, 2 Mar 2020).
    #[serde(default = "friction_loss")]
    pub loss: f64,
    /// How much later packets arrive at the profile's height. Default 0 s; the study found delay and gives no number.
    #[serde(default)]
    pub delay: Span,
    /// When: scaled so that its height is 1. Default `ChinaSlowHours`.
    #[serde(default = "slow_hours")]
    pub profile: Profile,
}

/// A firewall with a memory: a request that sets it off passes, and for a while new connections from its region to its
/// target hang.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualBlock {
    /// The chance that a request sets it off, 0 to 1.
    pub chance: f64,
    /// Share of later new connections that hang, 0 to 1. Default 0.75: 50 to 75 % were blocked (Rambert et al.,
    /// Chinese Wall or Swiss Cheese, WWW 2021).
    #[serde(default = "block_share")]
    pub share: f64,
    /// For how long. Default 90 s: the same study.
    #[serde(default = "block_length")]
    pub length: Span,
}

impl Link {
    /// Round-trip time inside a region: between availability zones of IBM VPC (docs, Aug 2024) and in-region
    /// at AWS (cloudping p50: 1 to 4 ms).
    pub const WITHIN_REGION_RTT: Span = Span::from_millis(2);

    /// A path with this round-trip time and otherwise every default.
    #[must_use]
    pub fn plain(from: &str, to: &str, rtt: Span) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            rtt,
            jitter: link_jitter(),
            keep_alive: keep_alive(),
            loss: 0.0,
            friction: None,
            residual_block: None,
        }
    }

    /// The network inside a region, unless the file links the region to itself.
    #[must_use]
    pub fn within(region: &str) -> Self {
        Self::plain(region, region, Self::WITHIN_REGION_RTT)
    }

    /// Whether it joins these two regions.
    #[must_use]
    pub fn joins(&self, a: &str, b: &str) -> bool {
        (self.from == a && self.to == b) || (self.from == b && self.to == a)
    }
}

const fn link_jitter() -> f64 {
    0.1
}

const fn keep_alive() -> Span {
    Span::from_secs(60)
}

const fn friction_loss() -> f64 {
    0.15
}

const fn slow_hours() -> Profile {
    Profile::ChinaSlowHours
}

const fn block_share() -> f64 {
    0.75
}

const fn block_length() -> Span {
    Span::from_secs(90)
}

//! Kong's AI proxy-advanced plugin.

use sandbox_core::Span;
use sandbox_model::Status;
use serde::{Deserialize, Serialize};

use super::{Preset, Setting, Timeouts};
use crate::backoff::Backoff;
use crate::memory::{PassiveCheck, Rule};
use crate::parts::{At, GivesUp, Parts, Retry, RetryRule, When};
use crate::selection::Pick;
use crate::statuses::Statuses;

/// Kong AI proxy-advanced 3.15 (`AiProxyAdvanced.json`, developer.konghq.com `ai-gateway/load-balancing` and
/// `ai-gateway/circuit-breaker`) with its default balancer: targets in turn; after a failure that is among
/// `failover_criteria` the next one, at once, up to `retries` times; any other answer is the caller's.
///
/// The docs leave open whether a retry may come back to a target that failed. Here it does once all others have failed,
/// too: an assumption, without which five retries would be no more than there are other targets. Weights of targets are
/// not modelled.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kong {
    /// The targets.
    pub targets: Vec<String>,
    /// Further attempts. Default 5.
    #[serde(default = "five")]
    pub retries: u32,
    /// What is a failure. Default `[Error, Timeout]`: a provider's 503 is then passed on to the caller.
    #[serde(default = "criteria")]
    pub failover_criteria: Vec<Criterion>,
    /// Failures that put a target out. Default 0: none ever is.
    #[serde(default)]
    pub max_fails: u32,
    /// How long it is out. Default 10 s.
    #[serde(default = "ten_seconds")]
    pub fail_timeout: Span,
    /// Timers. Default: 60 s until the first token, Kong's `read_timeout` (the longest silence between two reads, of which
    /// only the first counts here).
    #[serde(default = "timeouts")]
    pub timeouts: Timeouts,
}

/// A failure that counts.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Criterion {
    /// A connection that breaks. It appears as 502; a provider's own 502 cannot be told from it (an assumption).
    Error,
    /// A timer ran out. It appears as 408.
    Timeout,
    /// 403; it never puts a target out.
    Http403,
    /// 404; it never puts a target out.
    Http404,
    /// 429.
    Http429,
    /// 500.
    Http500,
    /// 502.
    Http502,
    /// 503.
    Http503,
    /// 504.
    Http504,
}

impl Criterion {
    const fn status(self) -> &'static str {
        match self {
            Self::Timeout => "408",
            Self::Http403 => "403",
            Self::Http404 => "404",
            Self::Http429 => "429",
            Self::Http500 => "500",
            Self::Error | Self::Http502 => "502",
            Self::Http503 => "503",
            Self::Http504 => "504",
        }
    }
}

impl Preset for Kong {
    fn targets(&self) -> Vec<String> {
        self.targets.clone()
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn parts(&self, setting: &Setting<'_>) -> Parts {
        let failures: Vec<&str> = self.failover_criteria.iter().map(|criterion| criterion.status()).collect();
        let counted: Vec<&str> =
            failures.iter().copied().filter(|status| !["403", "404"].contains(status)).collect();
        let check = PassiveCheck {
            max_fails: self.max_fails,
            fail_timeout: self.fail_timeout,
            counts: Statuses::of(&counted),
        };
        Parts {
            memory: (self.max_fails > 0).then_some(Rule::PassiveCheck(check)).into_iter().collect(),
            pick: Pick::RoundRobin,
            retry: Retry {
                retries: self.retries,
                rules: vec![RetryRule {
                    on: Statuses::of(&failures),
                    when: When::Always,
                    at: At::Next,
                    waits: When::Never,
                }],
                backoff: Backoff::NONE,
                ..Retry::default()
            },
            gives_up: GivesUp { all_out: Status::INTERNAL, ..GivesUp::default() },
            ..Parts::plain(setting.targets.len())
        }
    }
}

const fn five() -> u32 {
    5
}

fn criteria() -> Vec<Criterion> {
    vec![Criterion::Error, Criterion::Timeout]
}

const fn ten_seconds() -> Span {
    Span::from_secs(10)
}

const fn timeouts() -> Timeouts {
    Timeouts { first_token: Some(Span::from_secs(60)), total: None, overall: None }
}

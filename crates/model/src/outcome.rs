//! What comes back: statuses, the answer to an attempt, and the causes of leak.

use std::fmt;

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

/// An HTTP status code, as an endpoint or a gateway would send it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Status(pub u16);

impl Status {
    /// 401 Unauthorized.
    pub const UNAUTHORIZED: Self = Self(401);
    /// 403 Forbidden: here also a router's own refusal when the residency of a request leaves no target.
    pub const FORBIDDEN: Self = Self(403);
    /// 404: at OpenRouter also "the filters leave no endpoint".
    pub const NOT_FOUND: Self = Self(404);
    /// 408 Request Timeout: what LiteLLM and Portkey make of their own timeouts.
    pub const TIMEOUT: Self = Self(408);
    /// 429 Too Many Requests.
    pub const TOO_MANY_REQUESTS: Self = Self(429);
    /// 500 Internal Server Error.
    pub const INTERNAL: Self = Self(500);
    /// 503: overloaded or out of service.
    pub const UNAVAILABLE: Self = Self(503);

    /// The statuses that client SDKs retry by default: 408, 409, 429 and 5xx
    /// (OpenAI Python SDK; LiteLLM 1.109.1 has the same set plus special cases).
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self.0, 408 | 409 | 429 | 500..=599)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Which limit refused a request.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum LimitKind {
    /// Requests per minute, hour or day.
    Requests,
    /// Tokens per minute or day: prompt, answer or both.
    Tokens,
    /// Requests in flight at once.
    Concurrency,
}

/// How an attempt ended, as its caller sees it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A complete response.
    Ok,
    /// A refusal or an error instead of a response.
    Failed {
        /// The status that came back.
        status: Status,
        /// The Retry-After header, if there was one.
        retry_after: Option<Span>,
    },
    /// The stream broke off after the first token.
    Cut,
    /// The caller's own timer ran out first.
    TimedOut,
}

impl Answer {
    /// A failure without Retry-After.
    #[must_use]
    pub const fn failed(status: Status) -> Self {
        Self::Failed { status, retry_after: None }
    }

    /// Whether this is a complete response.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }

    /// The Retry-After that came with it.
    #[must_use]
    pub const fn retry_after(self) -> Option<Span> {
        match self {
            Self::Failed { retry_after, .. } => retry_after,
            _ => None,
        }
    }

    /// The status a gateway would log: a timeout counts as 408, a cut stream as 502.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Ok => Status(200),
            Self::Failed { status, .. } => status,
            Self::Cut => Status(502),
            Self::TimedOut => Status::TIMEOUT,
        }
    }
}

/// Why work left the plan: exactly one for each request that did.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The plan was out of service: down, hanging, or answering errors.
    Outage,
    /// The plan answered too slowly and the caller's timer ran out.
    Slow,
    /// The plan's limit on requests (per minute, or in flight) was reached.
    RateLimitRequests,
    /// The plan's limit on tokens per minute was reached.
    RateLimitTokens,
    /// The plan was full: no free slot, and no room or no patience in its queue.
    Overload,
    /// The plan had recovered, but the router's breaker or cooldown still kept traffic away.
    Cooldown,
    /// A hedge: a second attempt beside one that was still running.
    Hedge,
    /// The router spreads load over several targets by design.
    Spill,
    /// A guard (price, residency) forbade the plan.
    Guard,
    /// Nothing was wrong and nothing says why: the router simply chose another target.
    Misroute,
}

impl Cause {
    /// All causes, in the order in which tables list them.
    pub const ALL: [Self; 10] = [
        Self::Outage,
        Self::Slow,
        Self::RateLimitRequests,
        Self::RateLimitTokens,
        Self::Overload,
        Self::Cooldown,
        Self::Hedge,
        Self::Spill,
        Self::Guard,
        Self::Misroute,
    ];

    /// Position in [`Cause::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Slow => "slow",
            Self::RateLimitRequests => "rate_limit_requests",
            Self::RateLimitTokens => "rate_limit_tokens",
            Self::Overload => "overload",
            Self::Cooldown => "cooldown",
            Self::Hedge => "hedge",
            Self::Spill => "spill",
            Self::Guard => "guard",
            Self::Misroute => "misroute",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_listed_in_index_order() {
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause.index(), index);
        }
    }
}

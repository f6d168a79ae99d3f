//! What an endpoint refuses.

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use super::tiers::Tier;

/// Limits of our account at an endpoint; whichever is reached first refuses with 429.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Limits {
    /// Requests per minute. Default: no limit, as for all of them.
    pub rpm: Option<u32>,
    /// Requests per hour; windows are full hours of UTC (an assumption).
    pub rph: Option<u32>,
    /// Requests per day; windows are days of UTC (an assumption).
    pub rpd: Option<u32>,
    /// Tokens per minute, prompt and answer.
    pub tpm: Option<u64>,
    /// Tokens per day of UTC, prompt and answer.
    pub tpd: Option<u64>,
    /// Prompt tokens per minute (Anthropic: ITPM).
    pub itpm: Option<u64>,
    /// Answer tokens per minute (Anthropic: OTPM).
    pub otpm: Option<u64>,
    /// Requests in flight.
    pub concurrency: Option<u32>,
    /// How a minute's allowance comes back.
    pub refill: Refill,
    /// How much time's worth of a minute's allowance is there at once. Default one minute. OpenAI: 60,000 a minute may be
    /// enforced as 1,000 a second; Anthropic: 60 a minute as one a second; both are `"1s"`.
    pub quantum: Span,
    /// What tokens are charged, and when.
    pub charge: Charge,
    /// Share of `concurrency` that competing load of one would take, 0 to 1. Default 0. An
    /// assumption throughout: a knob for allowances that shrink under demand, of which no provider publishes the rule.
    pub narrows: f64,
    /// The account: endpoints of one account and one `model` share one allowance (SiliconFlow's rule). Default empty:
    /// each endpoint has its own.
    pub account: String,
    /// Whether a 429 says how long to wait. Default `false`: SiliconFlow documents no Retry-After.
    pub retry_after: bool,
}

/// How a per-minute allowance comes back.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Refill {
    /// Continuously, as a token bucket that holds one quantum's worth: what Groq's error messages show for a minute.
    #[default]
    Continuous,
    /// All at once at the start of each quantum of the scenario.
    Window,
}

/// What tokens are charged, and when.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Charge {
    /// Prompt and answer on admission, as if the provider knew how long the answer will be: an assumption.
    #[default]
    Actual,
    /// Prompt and the workload's `max_tokens` on admission (OpenAI, Anthropic), trued up at the end (Anthropic): what was
    /// not used comes back, up to what the bucket holds.
    Estimate,
    /// Nothing on admission, for which any allowance is enough; what was used at the end. The allowance may go below
    /// zero, and must come back above it before the next request.
    Afterwards,
}

impl Default for Limits {
    fn default() -> Self {
        Written::default().into()
    }
}

impl Limits {
    /// Whether anything is limited.
    #[must_use]
    pub fn any(&self) -> bool {
        self.rpm.or(self.rph).or(self.rpd).or(self.concurrency).is_some()
            || self.tpm.or(self.tpd).or(self.itpm).or(self.otpm).is_some()
    }
}

/// Limits as they are written: what is left out comes from `like`, and then from the defaults.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Limits")]
pub(super) struct Written {
    /// What fills the rest in.
    pub(super) like: Option<Tier>,
    pub(super) rpm: Option<u32>,
    pub(super) rph: Option<u32>,
    pub(super) rpd: Option<u32>,
    pub(super) tpm: Option<u64>,
    pub(super) tpd: Option<u64>,
    pub(super) itpm: Option<u64>,
    pub(super) otpm: Option<u64>,
    pub(super) concurrency: Option<u32>,
    pub(super) refill: Option<Refill>,
    pub(super) quantum: Option<Span>,
    pub(super) charge: Option<Charge>,
    pub(super) narrows: Option<f64>,
    pub(super) account: Option<String>,
    pub(super) retry_after: Option<bool>,
}

impl From<Written> for Limits {
    fn from(w: Written) -> Self {
        let like = w.like.map(Tier::limits).unwrap_or_default();
        Self {
            rpm: w.rpm.or(like.rpm),
            rph: w.rph.or(like.rph),
            rpd: w.rpd.or(like.rpd),
            tpm: w.tpm.or(like.tpm),
            tpd: w.tpd.or(like.tpd),
            itpm: w.itpm.or(like.itpm),
            otpm: w.otpm.or(like.otpm),
            concurrency: w.concurrency.or(like.concurrency),
            refill: w.refill.or(like.refill).unwrap_or_default(),
            quantum: w.quantum.or(like.quantum).unwrap_or(Span::from_mins(1)),
            charge: w.charge.or(like.charge).unwrap_or_default(),
            narrows: w.narrows.or(like.narrows).unwrap_or_default(),
            account: w.account.or(like.account).unwrap_or_default(),
            retry_after: w.retry_after.or(like.retry_after).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Limits {
        crate::read::options().from_str(text).unwrap()
    }

    #[test]
    fn a_tier_fills_in_what_is_not_written() {
        let limits = read("(like: SiliconFlowL0, rpm: 1200, account: \"acme\")");
        let expected =
            Limits { rpm: Some(1_200), tpm: Some(50_000), account: "acme".to_owned(), ..Limits::default() };
        assert_eq!(limits, expected);
        let limits = read("(like: AnthropicTier1, charge: Actual)");
        assert_eq!((limits.rpm, limits.itpm, limits.otpm), (Some(50), Some(30_000), Some(8_000)));
        assert_eq!((limits.charge, limits.retry_after), (Charge::Actual, true));
    }

    #[test]
    fn limits_are_written_in_full_and_read_back_as_themselves() {
        for text in [
            "()",
            "(like: AnthropicTier1, quantum: \"1s\")",
            "(concurrency: 9, narrows: 0.25, account: \"a\")",
        ] {
            let limits = read(text);
            let written = crate::read::options().to_string(&limits).unwrap();
            assert!(!written.contains("like"), "{written}");
            assert_eq!(read(&written), limits, "{written}");
        }
    }

    #[test]
    fn tiers_of_siliconflow_rise_from_the_least_to_the_greatest_published_value() {
        let names = ["L0", "L1", "L2", "L3", "L4", "L5"];
        let tiers = names.map(|name| read(&format!("(like: SiliconFlow{name})")));
        let values = tiers.map(|l| (l.rpm.unwrap(), l.tpm.unwrap()));
        assert_eq!((values[0], values[5]), ((1_000, 50_000), (10_000, 5_000_000)));
        for pair in values.windows(2) {
            // A fifth of the way on a logarithmic scale, rounded to two figures or so.
            let rpm = f64::from(pair[1].0) / f64::from(pair[0].0);
            let tpm = pair[1].1 as f64 / pair[0].1 as f64;
            assert!((1.55..1.62).contains(&rpm) && (2.48..2.55).contains(&tpm), "{rpm} {tpm}");
        }
    }
}

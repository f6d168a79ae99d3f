//! Limits that providers publish, for `like`.
//!
//! Only where there are numbers: OpenAI's and others' tiers are not here.

use serde::Deserialize;

use super::limits::{Charge, Written};

/// Whose limits. What a provider enforces for an account may differ: these are starting points.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) enum Tier {
    /// The least of SiliconFlow's published range for chat models: 1,000 requests and 50,000 tokens a minute, by account
    /// and model. Its level L0 (monthly spend below ¥50). That the lowest level has the least is an assumption:
    /// values by level and model are not public.
    SiliconFlowL0,
    /// L1 (from ¥50). Assumption: a fifth of the way from L0 to L5, on a logarithmic scale, rounded.
    SiliconFlowL1,
    /// L2 (from ¥200). Assumption: two fifths of the way.
    SiliconFlowL2,
    /// L3 (from ¥2,000). Assumption: three fifths of the way.
    SiliconFlowL3,
    /// L4 (from ¥5,000). Assumption: four fifths of the way.
    SiliconFlowL4,
    /// The greatest of the published range: 10,000 requests and 5,000,000 tokens a minute; L5 (from ¥10,000). That the
    /// highest level has the greatest is an assumption.
    SiliconFlowL5,
    /// SiliconFlow's level for an account that spent so much [whole ¥]: the higher of last month and this month so far
    /// counts, at once (rate-limits page).
    SiliconFlow {
        /// Last calendar month.
        last_month: u32,
        /// This month so far.
        month_to_date: u32,
    },
    /// DeepSeek: 500 requests in flight per account for v4-pro, as a client's maintainers report it (May 2026).
    DeepSeekPro,
    /// DeepSeek: 2,500 requests in flight per account for v4-flash; same source.
    DeepSeekFlash,
    /// Anthropic's example for its first tier (2025, Opus and Sonnet 4): 50 requests, 30,000 prompt tokens, 8,000 answer
    /// tokens a minute; answers estimated from `max_tokens` and trued up; Retry-After is sent.
    AnthropicTier1,
    /// Groq, as quoted in public issues: 15,000 tokens a minute, continuous refill, and the wait is told.
    Groq15k,
}

impl Tier {
    pub(super) fn limits(self) -> Written {
        let silicon_flow = |rpm, tpm| Written { rpm: Some(rpm), tpm: Some(tpm), ..Written::default() };
        let in_flight = |most| Written { concurrency: Some(most), ..Written::default() };
        match self {
            Self::SiliconFlowL0 => silicon_flow(1_000, 50_000),
            Self::SiliconFlowL1 => silicon_flow(1_600, 126_000),
            Self::SiliconFlowL2 => silicon_flow(2_500, 315_000),
            Self::SiliconFlowL3 => silicon_flow(4_000, 792_000),
            Self::SiliconFlowL4 => silicon_flow(6_300, 1_990_000),
            Self::SiliconFlowL5 => silicon_flow(10_000, 5_000_000),
            Self::SiliconFlow { last_month, month_to_date } => match last_month.max(month_to_date) {
                0..50 => Self::SiliconFlowL0,
                50..200 => Self::SiliconFlowL1,
                200..2_000 => Self::SiliconFlowL2,
                2_000..5_000 => Self::SiliconFlowL3,
                5_000..10_000 => Self::SiliconFlowL4,
                10_000.. => Self::SiliconFlowL5,
            }
            .limits(),
            Self::DeepSeekPro => in_flight(500),
            Self::DeepSeekFlash => in_flight(2_500),
            Self::AnthropicTier1 => Written {
                rpm: Some(50),
                itpm: Some(30_000),
                otpm: Some(8_000),
                charge: Some(Charge::Estimate),
                retry_after: Some(true),
                ..Written::default()
            },
            Self::Groq15k => Written { tpm: Some(15_000), retry_after: Some(true), ..Written::default() },
        }
    }
}

//! Why one request went where it went: every decision that routers made for it, what they knew, and what came of it.
//!
//! A run that is [asked to](crate::RunOptions::explain) records one request as it passes; a run that is not pays a
//! branch here and there, and neither run notices: the events are the same.
//!
//! All times are since the request arrived. This file has what is told; `recorder` listens while a run goes on, and
//! `fields` says how times and amounts are written.

mod fields;
mod recorder;

pub(crate) use recorder::Recorder;

use sandbox_core::{Span, Time};
use sandbox_model::{Cause, Usd};
use sandbox_routers::Reason;
use serde::{Deserialize, Serialize};

/// One of a few words. Under this name serde does not try to borrow it from what it reads.
type Word = &'static str;

/// What became of the request that was asked for.
#[derive(Clone, PartialEq, Debug)]
pub enum Explanation {
    /// It arrived.
    Story(Box<Story>),
    /// Its number is beyond the last arrival.
    NeverArrived {
        /// How many requests of its workload arrived.
        arrivals: u64,
    },
}

/// One request from its arrival to its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Story {
    /// Its workload.
    pub workload: String,
    /// Number of its arrival in the workload, from 0.
    pub number: u64,
    /// When it arrived, since the start of the scenario.
    #[serde(rename = "arrived_s", with = "fields::time")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub arrived: Time,
    /// Prompt tokens.
    pub input_tokens: u32,
    /// Answer tokens that it would get.
    pub output_tokens: u32,
    /// The node that serves it when nothing is wrong.
    pub plan: String,
    /// The router that it entered; absent if it never got there.
    pub entry: Option<Visit>,
    /// How it ended; absent if it had not when the scenario ended.
    pub end: Option<End>,
}

/// A request at a router.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Visit {
    /// The router.
    pub router: String,
    /// When it got there.
    #[serde(rename = "at_s", with = "fields::span")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub at: Span,
    /// What the router decided, in order.
    pub decisions: Vec<Step>,
}

/// One decision of a router.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// When.
    #[serde(rename = "at_s", with = "fields::span")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub at: Span,
    /// The targets that could have been chosen.
    pub eligible: Vec<String>,
    /// The others, and by which rule.
    pub excluded: Vec<Excluded>,
    /// What it did.
    pub decision: Does,
}

/// A target that was not tried.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Excluded {
    /// The target.
    pub target: String,
    /// The rule.
    pub rule: String,
    /// Until when it holds, since the start of the scenario.
    #[serde(rename = "until_s", with = "fields::maybe_time")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub until: Option<Time>,
}

/// What a router did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// It sent the request on.
    Try(Box<Attempt>),
    /// It waited: until then, or until an attempt that ran ended.
    Wait {
        /// When it looked again at the latest.
        #[serde(rename = "until_s", with = "fields::span")]
        #[cfg_attr(feature = "schema", schemars(with = "f64"))]
        until: Span,
        /// An attempt ran meanwhile.
        beside: bool,
    },
    /// It answered its caller with a failure.
    GiveUp {
        /// The status.
        status: u16,
        /// The router's own answer: nothing had been sent to any target.
        nothing_sent: bool,
    },
}

/// One try at one target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// The target.
    pub target: String,
    /// Why this one.
    #[serde(with = "fields::reason")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub reason: Reason,
    /// If it left the plan here: why, and whether a router that knew the truth would have stayed.
    pub leaves_plan: Option<Leaves>,
    /// When the router had its first token.
    #[serde(rename = "first_token_s", with = "fields::maybe_span")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub first_token: Option<Span>,
    /// How it ended for the router; absent if the scenario ended before.
    pub end: Option<AttemptEnd>,
    /// What its endpoint billed, fees included [$]; if the target is a router, its attempts say so.
    #[serde(with = "fields::usd")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub billed: Usd,
    /// Of this, what gateways added [$].
    #[serde(with = "fields::usd")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub fees: Usd,
    /// Of what was billed, that for which nobody got an answer [$].
    #[serde(with = "fields::usd")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub wasted: Usd,
    /// What it cost above the plan's price [$].
    #[serde(with = "fields::usd")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub premium: Usd,
    /// What happened there, if the target is a router.
    pub inside: Option<Visit>,
}

/// Why a request left its plan.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Leaves {
    /// The cause.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub cause: Cause,
    /// The plan would have served it.
    pub avoidable: bool,
}

/// How an attempt ended.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttemptEnd {
    /// When.
    #[serde(rename = "at_s", with = "fields::span")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub at: Span,
    /// How.
    pub how: How,
    /// The status, as a gateway would log it.
    pub status: Option<u16>,
    /// The Retry-After that came with it.
    #[serde(rename = "retry_after_s", with = "fields::maybe_span")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub retry_after: Option<Span>,
    /// The target is a router that answered by itself: nothing was sent to any endpoint.
    pub nothing_sent: bool,
}

/// How an attempt ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// With the whole answer.
    Served,
    /// With a failure instead of an answer.
    Failed,
    /// Its stream broke off.
    Cut,
    /// Its caller's timer ran out.
    TimedOut,
    /// Its caller no longer wanted it.
    Left,
}

/// How a request ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct End {
    /// When.
    #[serde(rename = "at_s", with = "fields::span")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub at: Span,
    /// `"plan"`, `"leak"`, `"failed"` or `"shed"`.
    #[serde(with = "fields::outcome")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub outcome: Word,
    /// What its client got.
    pub status: u16,
    /// Why it left the plan, or why the plan failed it last.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub cause: Option<Cause>,
    /// Of a leak: the plan would have served it.
    pub avoidable: Option<bool>,
    /// Time to first token, if its client got one.
    #[serde(rename = "ttft_s", with = "fields::maybe_span")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub ttft: Option<Span>,
    /// Billed over all attempts, fees included [$].
    #[serde(with = "fields::usd")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub billed: Usd,
    /// Of this, fees [$].
    #[serde(with = "fields::usd")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub fees: Usd,
    /// Of what was billed, that for which nobody got an answer [$].
    #[serde(with = "fields::usd")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub wasted: Usd,
}

impl Visit {
    /// Whether the router answered by itself: no attempt reached out to an endpoint from here.
    #[must_use]
    pub fn sent_nothing(&self) -> bool {
        let gave_up = self.decisions.iter().any(|step| matches!(step.decision, Does::GiveUp { .. }));
        gave_up
            && self.decisions.iter().all(|step| match &step.decision {
                Does::Try(attempt) => attempt.inside.as_ref().is_some_and(Self::sent_nothing),
                Does::Wait { .. } | Does::GiveUp { .. } => true,
            })
    }
}

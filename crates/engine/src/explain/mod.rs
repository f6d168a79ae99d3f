//! Why one request went where it went: every decision that routers made for it, what they knew, and what came of it.
//!
//! A run that is [asked to](crate::RunOptions::explain) records one request as it passes; a run that is not pays a
//! branch here and there, and neither run notices: the events are the same.
//!
//! All times are since the request arrived. This file has what is told; `recorder` listens while a run goes on.

mod recorder;

pub(crate) use recorder::Recorder;

use sandbox_core::{Span, Time};
use sandbox_model::{Cause, Usd};
use sandbox_routers::Reason;
use serde::{Serialize, Serializer};

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
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Story {
    /// Its workload.
    pub workload: String,
    /// Number of its arrival in the workload, from 0.
    pub number: u64,
    /// When it arrived, since the start of the scenario.
    #[serde(rename = "arrived_s", serialize_with = "seconds_of_time")]
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
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Visit {
    /// The router.
    pub router: String,
    /// When it got there.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Span,
    /// What the router decided, in order.
    pub decisions: Vec<Step>,
}

/// One decision of a router.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Step {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Span,
    /// The targets that could have been chosen.
    pub eligible: Vec<String>,
    /// The others, and by which rule.
    pub excluded: Vec<Excluded>,
    /// What it did.
    pub decision: Does,
}

/// A target that was not tried.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Excluded {
    /// The target.
    pub target: String,
    /// The rule.
    pub rule: String,
    /// Until when it holds, since the start of the scenario.
    #[serde(rename = "until_s", serialize_with = "maybe_seconds_of_time")]
    pub until: Option<Time>,
}

/// What a router did.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// It sent the request on.
    Try(Box<Attempt>),
    /// It waited: until then, or until an attempt that ran ended.
    Wait {
        /// When it looked again at the latest.
        #[serde(rename = "until_s", serialize_with = "seconds")]
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
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Attempt {
    /// The target.
    pub target: String,
    /// Why this one.
    #[serde(serialize_with = "reason")]
    pub reason: Reason,
    /// If it left the plan here: why, and whether a router that knew the truth would have stayed.
    pub leaves_plan: Option<Leaves>,
    /// When the router had its first token.
    #[serde(rename = "first_token_s", serialize_with = "maybe_seconds")]
    pub first_token: Option<Span>,
    /// How it ended for the router; absent if the scenario ended before.
    pub end: Option<AttemptEnd>,
    /// What its endpoint billed, fees included [$]; if the target is a router, its attempts say so.
    #[serde(serialize_with = "usd")]
    pub billed: Usd,
    /// Of this, what gateways added [$].
    #[serde(serialize_with = "usd")]
    pub fees: Usd,
    /// Of what was billed, that for which nobody got an answer [$].
    #[serde(serialize_with = "usd")]
    pub wasted: Usd,
    /// What it cost above the plan's price [$].
    #[serde(serialize_with = "usd")]
    pub premium: Usd,
    /// What happened there, if the target is a router.
    pub inside: Option<Visit>,
}

/// Why a request left its plan.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Leaves {
    /// The cause.
    pub cause: Cause,
    /// The plan would have served it.
    pub avoidable: bool,
}

/// How an attempt ended.
#[derive(Copy, Clone, PartialEq, Debug, Serialize)]
pub struct AttemptEnd {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Span,
    /// How.
    pub how: How,
    /// The status, as a gateway would log it.
    pub status: Option<u16>,
    /// The Retry-After that came with it.
    #[serde(rename = "retry_after_s", serialize_with = "maybe_seconds")]
    pub retry_after: Option<Span>,
    /// The target is a router that answered by itself: nothing was sent to any endpoint.
    pub nothing_sent: bool,
}

/// How an attempt ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
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
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct End {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Span,
    /// `"plan"`, `"leak"`, `"failed"` or `"shed"`.
    pub outcome: &'static str,
    /// What its client got.
    pub status: u16,
    /// Why it left the plan, or why the plan failed it last.
    pub cause: Option<Cause>,
    /// Of a leak: the plan would have served it.
    pub avoidable: Option<bool>,
    /// Time to first token, if its client got one.
    #[serde(rename = "ttft_s", serialize_with = "maybe_seconds")]
    pub ttft: Option<Span>,
    /// Billed over all attempts, fees included [$].
    #[serde(serialize_with = "usd")]
    pub billed: Usd,
    /// Of this, fees [$].
    #[serde(serialize_with = "usd")]
    pub fees: Usd,
    /// Of what was billed, that for which nobody got an answer [$].
    #[serde(serialize_with = "usd")]
    pub wasted: Usd,
}

fn seconds<S: Serializer>(span: &Span, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(span.as_secs_f64())
}

fn maybe_seconds<S: Serializer>(span: &Option<Span>, s: S) -> Result<S::Ok, S::Error> {
    span.map(Span::as_secs_f64).serialize(s)
}

fn seconds_of_time<S: Serializer>(at: &Time, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(at.as_secs_f64())
}

fn maybe_seconds_of_time<S: Serializer>(at: &Option<Time>, s: S) -> Result<S::Ok, S::Error> {
    at.map(Time::as_secs_f64).serialize(s)
}

fn usd<S: Serializer>(amount: &Usd, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&amount.decimal())
}

fn reason<S: Serializer>(reason: &Reason, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(match reason {
        Reason::Choice => "choice",
        Reason::Spread => "spread",
        Reason::Failed => "failed",
        Reason::Avoids => "avoids",
        Reason::Guarded => "guarded",
        Reason::Hedge => "hedge",
    })
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

//! The parts that every router is made of, as data.
//!
//! A request goes through **groups** of targets, one after the other. In a group:
//!
//! 1. hard filters and guards leave some targets ([`Filters`], [`Guards`]);
//! 2. memories take those out that are believed down, and put some last in line ([`Rule`]);
//! 3. of those in front, the lowest `order` is left, and a [`Pick`] chooses;
//! 4. when the attempt fails, [`Retry`] says whether and when the group gets another;
//! 5. then the next group's turn has come; after the last one the caller gets what [`GivesUp`] says.

use sandbox_core::Span;
use sandbox_model::{Price, Status, Usd};
use serde::{Deserialize, Serialize};

use crate::backoff::Backoff;
use crate::memory::{Rule, first};
use crate::selection::Pick;
use crate::statuses::Statuses;
use crate::sticky::Sticky;

/// Most groups that a request goes through: what it has been through is kept in few bits.
pub const GROUPS_MAX: usize = 250;

/// A router's parts.
#[derive(Clone, PartialEq, Debug)]
pub struct Parts {
    /// How many targets it has.
    pub targets: usize,
    /// Which of them may be used at all.
    pub filters: Filters,
    /// What keeps spending and crowding in bounds.
    pub guards: Guards,
    /// What is remembered between requests.
    pub memory: Vec<Rule>,
    /// Whether a timeout that the caller's own deadline caused says nothing against a target.
    pub forgives_callers: bool,
    /// What becomes of a group whose targets are all out.
    pub when_all_out: WhenAllOut,
    /// By target: of those in front only the lowest number is picked from. Empty: all alike.
    pub order: Vec<u32>,
    /// Who is picked.
    pub pick: Pick,
    /// Which conversations stay where they were, whomever the pick would choose. Absent: none.
    pub sticky: Option<Sticky>,
    /// Further attempts in a group.
    pub retry: Retry,
    /// A further attempt while one runs.
    pub hedge: Option<Hedge>,
    /// The groups, as bit masks, in the order in which a request goes through them.
    pub groups: Vec<u64>,
    /// By group: what it is a part of, where that decides whether it is one target or several. Empty: nothing.
    pub whole: Vec<u64>,
    /// By group: whether only those have a turn that the request had not tried when it came there. Empty: no.
    pub fresh: Vec<bool>,
    /// Failures after which the next group has its turn; absent: all. After another the caller gets it.
    pub falls_back_on: Option<Statuses>,
    /// Most different targets tried for one request.
    pub most_targets: u32,
    /// What the caller gets in the end.
    pub gives_up: GivesUp,
    /// From the last midnight UTC to the start, for a pick that counts by the minute.
    pub after_midnight: Span,
}

impl Parts {
    /// One group of all targets, asked in order, without a second try, and no memory.
    #[must_use]
    pub fn plain(targets: usize) -> Self {
        Self {
            targets,
            filters: Filters { only: first(targets), max_price: None },
            guards: Guards::default(),
            memory: Vec::new(),
            forgives_callers: false,
            when_all_out: WhenAllOut::Leave,
            order: Vec::new(),
            pick: Pick::Ordered,
            sticky: None,
            retry: Retry::default(),
            hedge: None,
            groups: vec![first(targets)],
            whole: Vec::new(),
            fresh: Vec::new(),
            falls_back_on: None,
            most_targets: u32::MAX,
            gives_up: GivesUp::default(),
            after_midnight: Span::ZERO,
        }
    }
}

/// Hard filters.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Filters {
    /// Targets that may be used at all, as a bit mask.
    pub only: u64,
    /// Dearest input and output price that may be used.
    pub max_price: Option<(Price, Price)>,
}

/// Guards: what a target must not be given although it is fine.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Guards {
    /// Caps on what is spent.
    pub spend: Vec<SpendCap>,
    /// By target: most of this router's attempts in flight at once. Empty: no cap.
    pub in_flight: Vec<Option<u32>>,
    /// Most of this router's attempts in flight at once, at all targets together.
    pub in_flight_together: Option<u32>,
}

/// A cap on what some targets bill in an hour or a day. It is looked at before an attempt: what runs is let run.
#[derive(Clone, PartialEq, Debug)]
pub struct SpendCap {
    /// These together, as a bit mask.
    pub targets: u64,
    /// At most so much
    pub usd: Usd,
    /// in each such time, counted from the start of the scenario
    pub per: Span,
    /// plus this.
    pub offset: Span,
}

/// What becomes of a group whose targets are all out.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum WhenAllOut {
    /// It is left without an attempt.
    #[default]
    Leave,
    /// The memory is ignored (a panic mode).
    Try,
    /// The memory is ignored if every target of every group is out; else the group is left (Portkey's hosted breaker).
    TryIfAll,
}

/// Further attempts in a group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// How many, after the first. Default 0.
    pub retries: u32,
    /// Other numbers, for groups whose first failure is one of these; the first entry that has it holds.
    pub retries_of: Vec<RetriesOf>,
    /// After which failures, and where: the first entry that matches holds; without one the group is left. Default:
    /// 408, 409, 429 and 5xx, at the same target, after a wait.
    pub rules: Vec<RetryRule>,
    /// The waits.
    pub backoff: Backoff,
    /// Whether a group is left only after one more wait (LiteLLM 1.109.1 sleeps after its last retry, too).
    pub waits_after_last: bool,
    /// How often the whole group is gone through again, after a wait, once all of it has failed (TensorZero's
    /// retries of a variant). Default 0.
    pub rounds: u32,
    /// What pays for retries, so that they stay a small share of the calls. Absent: they cost nothing.
    pub budget: Option<RetryBudget>,
    /// What a target's Retry-After does to a wait.
    pub retry_after: RetryAfter,
    /// How many retries there may be at once, of all requests. Absent: any number.
    pub concurrent: Option<Concurrent>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            retries: 0,
            retries_of: Vec::new(),
            rules: vec![RetryRule::default()],
            backoff: Backoff::default(),
            waits_after_last: false,
            rounds: 0,
            budget: None,
            retry_after: RetryAfter::default(),
            concurrent: None,
        }
    }
}

/// What a target's Retry-After does to a wait: it takes its place, if it is no longer than `backoff.retry_after_max`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryAfter {
    /// After which failures it is heeded. Default: all.
    pub on: Statuses,
    /// Whether it is waited for exactly, without jitter. (OpenAI SDK and Portkey: yes; LiteLLM 1.109.1: no.)
    pub exact: bool,
    /// Whether one that is too long ends the retries of the group; else it is as if there were none. (OpenAI SDK and
    /// Portkey: yes; LiteLLM 1.109.1: no.)
    pub longer_ends: bool,
    /// Longest that a request waits for them in a group, all together; what goes beyond is too long. (Portkey: 60 s.)
    /// Absent: no limit.
    pub together: Option<Span>,
    /// Whether the group's further retries do not wait once one was waited for. (Portkey: yes.)
    pub then_at_once: bool,
}

impl Default for RetryAfter {
    fn default() -> Self {
        Self {
            on: Statuses::of(&["100-599"]),
            exact: false,
            longer_ends: false,
            together: None,
            then_at_once: false,
        }
    }
}

/// How many retries there are after some failures.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetriesOf {
    /// These.
    pub on: Statuses,
    /// So many.
    pub retries: u32,
}

/// After which failures a group gets another attempt, and where.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryRule {
    /// These statuses.
    pub on: Statuses,
    /// In which groups.
    pub when: When,
    /// Where.
    pub at: At,
    /// In which groups there is a wait before.
    pub waits: When,
}

impl Default for RetryRule {
    fn default() -> Self {
        Self {
            on: Statuses::of(&["408", "409", "429", "5xx"]),
            when: When::Always,
            at: At::Same,
            waits: When::Always,
        }
    }
}

/// In which groups something holds.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum When {
    /// In all.
    #[default]
    Always,
    /// In those of one target.
    Alone,
    /// In those of several.
    Several,
    /// In none.
    Never,
}

impl When {
    /// Whether it holds in a group of this size.
    #[must_use]
    pub const fn holds(self, targets: u32) -> bool {
        match self {
            Self::Always => true,
            Self::Alone => targets == 1,
            Self::Several => targets != 1,
            Self::Never => false,
        }
    }
}

/// Where a further attempt goes.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum At {
    /// To the same target.
    #[default]
    Same,
    /// To whom the selection picks, which may be the same.
    Any,
    /// To whom the selection picks, and the failed one is out of it for this request's time in the group.
    Other,
    /// The same, unless nobody else is left.
    OtherIfAny,
    /// To whom the selection picks among those that have not failed so since all had; then all are picked from again.
    Next,
}

/// A token bucket for retries: each call adds `per_call`, up to `cap`; a further try in a group takes 1, and
/// without it there is none. Going on to the next group is free. It starts full.
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryBudget {
    /// Retries that a call pays for. Default 0.1: Brooker's retry simulator.
    pub per_call: f64,
    /// Most retries saved up. Default 5: the same.
    pub cap: f64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { per_call: 0.1, cap: 5.0 }
    }
}

/// How many retries there may be at once, waiting or in flight: `least`, or `share` of the requests that are active here
/// if that is more. Without room the group is left. Going on to the next group counts as a retry in flight and needs no
/// room. (Envoy: `max_retries` of the circuit breaker, or the retry budget.)
#[derive(Copy, Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Concurrent {
    /// Default 3: Envoy's `max_retries`, and its `min_retry_concurrency`.
    pub least: u32,
    /// Default 0.0: no budget. Envoy's `budget_percent` is 0.2 once there is one.
    pub share: f64,
}

impl Default for Concurrent {
    fn default() -> Self {
        Self { least: 3, share: 0.0 }
    }
}

/// A further attempt beside one that is slow. The first whose first token arrives wins; the others lose.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hedge {
    /// Time without a first token.
    pub after: Span,
    /// Most further attempts at once. Default 1: an assumption.
    #[serde(default = "one")]
    pub most: u32,
    /// What becomes of those that lose. Default: they are cancelled.
    #[serde(default)]
    pub losers: Losers,
}

/// What becomes of the attempts beside which another has won.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Losers {
    /// Their connections are closed. What that stops, and what is billed, is their endpoints' affair.
    #[default]
    Cancelled,
    /// They are left open and read by nobody: served to the end, and billed in full.
    RunOn,
}

const fn one() -> u32 {
    1
}

/// What the caller gets when there is nothing left to try.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GivesUp {
    /// If filters and guards left nothing to try. Default 403: a library's own refusal (an assumption).
    pub nothing_allowed: Status,
    /// If all that was allowed is out. Default 429: LiteLLM 1.109.1.
    pub all_out: Status,
    /// If attempts failed.
    pub failed: Failed,
}

impl Default for GivesUp {
    fn default() -> Self {
        Self { nothing_allowed: Status::FORBIDDEN, all_out: Status::TOO_MANY_REQUESTS, failed: Failed::Last }
    }
}

/// What the caller gets of several failures.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Failed {
    /// The last one.
    #[default]
    Last,
    /// The last one of the first group tried, whatever came of the fallbacks.
    First,
    /// As `First`, but 502 if each target of that group failed in a way that left it out ([`At::Other`]): Bifrost, when
    /// all keys of its primary are dead.
    FirstOr502,
    /// OpenRouter's: 429 with the least Retry-After if every attempt met a rate limit; 503 if every attempt was a
    /// rate limit, a 5xx or a timeout; else the last error.
    OpenRouter,
    /// Always this status.
    As(Status),
}

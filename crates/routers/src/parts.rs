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
    /// Failures after which the next group has its turn; absent: all. After another the caller gets it.
    pub falls_back_on: Option<Statuses>,
    /// Most different targets tried for one request.
    pub most_targets: u32,
    /// What the caller gets in the end.
    pub gives_up: GivesUp,
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
            when_all_out: WhenAllOut::Leave,
            order: Vec::new(),
            pick: Pick::Ordered,
            sticky: None,
            retry: Retry::default(),
            hedge: None,
            groups: vec![first(targets)],
            falls_back_on: None,
            most_targets: u32::MAX,
            gives_up: GivesUp::default(),
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
}

/// Further attempts in a group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// How many, after the first. Default 0.
    pub retries: u32,
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
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            retries: 0,
            rules: vec![RetryRule::default()],
            backoff: Backoff::default(),
            waits_after_last: false,
            rounds: 0,
            budget: None,
        }
    }
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

/// A further attempt beside one that is slow. The first whose first token arrives wins; the others are abandoned.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hedge {
    /// Time without a first token.
    pub after: Span,
    /// Most further attempts at once. Default 1: an assumption.
    #[serde(default = "one")]
    pub most: u32,
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
        Self {
            nothing_allowed: Status::FORBIDDEN,
            all_out: Status::TOO_MANY_REQUESTS,
            failed: Failed::Last,
        }
    }
}

/// What the caller gets of several failures.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Failed {
    /// The last one.
    #[default]
    Last,
    /// The first one's, whatever came of the fallbacks (Bifrost).
    First,
    /// OpenRouter's: 429 with the least Retry-After if every attempt met a rate limit; 503 if every attempt was a
    /// rate limit, a 5xx or a timeout; else the last error.
    OpenRouter,
    /// Always this status.
    As(Status),
}

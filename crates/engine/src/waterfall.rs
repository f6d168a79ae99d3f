//! From the twin's bill to the run's: what each reason to be off the plan adds.
//!
//! Both are counted alike, and a step is the difference: what calm weather does too is part of the twin's bill.

use sandbox_model::{Cause, Usd};

use crate::account::Path;
use crate::machine::Machine;
use crate::output::summary::WaterfallStep;

/// The steps that are counted as requests end, in the order in which they are told.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Requests without an answer.
    NotServed,
    /// Leaks that no router could have avoided, nor known of sooner.
    Unavoidable,
    /// Leaks after an attempt of the request's own at the plan had failed.
    DetectionLag,
    /// Leaks though the plan was well: it was still kept out.
    FailbackLag,
    /// Leaks that the router or its operator wanted.
    ByDesign,
    /// Hedges, and work that nobody has anything of.
    RetriesAndHedges,
}

/// Their names, by number.
const NAMES: [&str; 6] =
    ["not_served", "unavoidable", "detection_lag", "failback_lag", "by_design", "retries_and_hedges"];

/// What has been counted of each step.
#[derive(Copy, Clone, Default, Debug)]
pub(crate) struct Steps([(u64, Usd); NAMES.len()]);

impl Steps {
    /// Counts so many requests, and what they add to the bill.
    pub(crate) fn add(&mut self, step: Step, requests: u64, usd: Usd) {
        let (count, sum) = &mut self.0[step as usize];
        *count += requests;
        *sum += usd;
    }

    /// Counts a served request; on plan it is part of no step.
    #[inline]
    pub(crate) fn serve(&mut self, path: Path, premium: Usd) {
        if let Path::Leak { cause, avoidable, tried_plan } = path {
            self.add(step_of(cause, avoidable, tried_plan), 1, premium);
        }
    }
}

/// The step of a leak.
fn step_of(cause: Cause, avoidable: bool, tried_plan: bool) -> Step {
    match cause {
        Cause::Hedge => Step::RetriesAndHedges,
        Cause::Spill | Cause::Guard | Cause::Misroute => Step::ByDesign,
        // A plan that is well again is kept out by what the router believes, or by where the request is already.
        Cause::Cooldown if avoidable => Step::FailbackLag,
        _ if avoidable && !tried_plan => Step::FailbackLag,
        _ if tried_plan => Step::DetectionLag,
        _ => Step::Unavoidable,
    }
}

/// From the twin's bill to the run's.
pub(crate) fn waterfall(main: &Machine, twin: &Machine) -> Vec<WaterfallStep> {
    let step = |step: &str, requests: u64, usd: Usd| WaterfallStep {
        step: step.to_owned(),
        requests,
        usd: usd.decimal(),
    };
    let arrived = |machine: &Machine| machine.workload_tallies.iter().map(|tally| tally.arrived).sum();
    let mut steps = vec![step("base", arrived(twin), twin.billed)];
    let mut so_far = twin.billed;
    for (name, ((requests, usd), (_, calm))) in NAMES.into_iter().zip(main.steps.0.iter().zip(&twin.steps.0))
    {
        let more = *usd - *calm;
        so_far += more;
        steps.push(step(name, *requests, more));
    }
    steps.push(step("other_prices", 0, main.billed - so_far));
    steps.push(step("total", arrived(main), main.billed));
    steps
}

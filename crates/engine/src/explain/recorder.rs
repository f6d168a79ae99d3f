//! Listens to one request while a run goes on, and tells its story in the end.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Cause, NodeId, Usd};
use sandbox_routers::{Decision, Exclusion, Reason};
use sandbox_scenario::Resolved;

use super::{Attempt, AttemptEnd, Does, End, Excluded, Explanation, How, Leaves, Step, Story, Visit};
use crate::account::Outcome;
use crate::machine::KEY_BITS;

/// Records one request while a run goes on.
pub(crate) struct Recorder {
    /// The key of the request.
    pub(crate) key: u64,
    /// The time of the event that is handled.
    pub(crate) now: Time,
    arrived: Option<(Time, u32, u32)>,
    visits: Vec<VisitRecord>,
    attempts: Vec<AttemptRecord>,
    first_token: Option<Time>,
    end: Option<EndRecord>,
}

struct VisitRecord {
    call: u32,
    /// Position of the attempt that brought the request here.
    parent: Option<usize>,
    router: NodeId,
    began: Time,
    steps: Vec<StepRecord>,
}

struct StepRecord {
    at: Time,
    eligible: Vec<NodeId>,
    excluded: Vec<(NodeId, Exclusion)>,
    does: DoesRecord,
}

enum DoesRecord {
    /// The attempt at this position.
    Try(usize),
    Wait(Time, bool),
    GiveUp(Answer, bool),
}

struct AttemptRecord {
    /// Its number in the machine while that is its own.
    id: Option<u32>,
    target: NodeId,
    reason: Reason,
    leaves: Option<Leaves>,
    first_token: Option<Time>,
    end: Option<(Time, Option<Answer>)>,
    billed: Usd,
    fees: Usd,
    wasted: Usd,
    premium: Usd,
    served: bool,
}

struct EndRecord {
    at: Time,
    outcome: Outcome,
    answer: Answer,
    cause: Option<Cause>,
    avoidable: Option<bool>,
}

impl Recorder {
    pub(crate) fn new(workload: usize, number: u64) -> Self {
        Self {
            key: (workload as u64) << KEY_BITS | number,
            now: Time::ZERO,
            arrived: None,
            visits: Vec::new(),
            attempts: Vec::new(),
            first_token: None,
            end: None,
        }
    }

    pub(crate) fn arrive(&mut self, input: u32, output: u32) {
        self.arrived = Some((self.now, input, output));
    }

    /// The request reaches a router by this attempt of it, if a router sent it.
    pub(crate) fn enter(&mut self, call: u32, parent: u32, router: NodeId) {
        let parent = self.attempt_of(parent);
        self.visits.push(VisitRecord { call, parent, router, began: self.now, steps: Vec::new() });
    }

    /// A router was asked, and has decided.
    pub(crate) fn decide(
        &mut self,
        call: u32,
        targets: &[NodeId],
        excluded: Vec<Exclusion>,
        decision: Decision,
        tried: bool,
        running: bool,
    ) {
        let attempt = self.attempts.len();
        let out = |target: usize| excluded.iter().any(|exclusion| exclusion.target == target);
        let eligible = (0..targets.len()).filter(|&t| !out(t)).map(|t| targets[t]).collect();
        let does = match decision {
            Decision::Try { target, reason } => {
                self.attempts.push(AttemptRecord::new(targets[target], reason));
                DoesRecord::Try(attempt)
            }
            // Nothing to wait for but the end of what runs.
            Decision::Wait { until: Time::MAX } => return,
            Decision::Wait { until } => DoesRecord::Wait(until, running),
            Decision::GiveUp(answer) => DoesRecord::GiveUp(answer, !tried),
        };
        let excluded = excluded.into_iter().map(|exclusion| (targets[exclusion.target], exclusion)).collect();
        let at = self.now;
        if let Some(visit) = self.visits.iter_mut().rev().find(|visit| visit.call == call) {
            visit.steps.push(StepRecord { at, eligible, excluded, does });
        }
    }

    /// The attempt that was decided last is under way.
    pub(crate) fn sent(&mut self, id: u32, leaves: Option<Leaves>) {
        if let Some(attempt) = self.attempts.last_mut() {
            (attempt.id, attempt.leaves) = (Some(id), leaves);
        }
    }

    /// A number in the machine is given to another attempt.
    pub(crate) fn forget(&mut self, id: u32) {
        if let Some(attempt) = self.attempt(id) {
            attempt.id = None;
        }
    }

    pub(crate) fn first_token(&mut self, id: u32, at: Time) {
        if let Some(attempt) = self.attempt(id) {
            attempt.first_token = Some(at);
        }
    }

    pub(crate) fn first_token_at_client(&mut self, at: Time) {
        self.first_token.get_or_insert(at);
    }

    /// An attempt ends for its router: with this answer, or unwanted.
    pub(crate) fn ended(&mut self, id: u32, answer: Option<Answer>) {
        let now = self.now;
        if let Some(attempt) = self.attempt(id) {
            attempt.end.get_or_insert((now, answer));
        }
    }

    /// An endpoint bills an attempt. `used`: for an answer, at this premium; otherwise nobody gets one.
    pub(crate) fn bill(&mut self, id: u32, billed: Usd, fees: Usd, used: Option<Usd>) {
        if let Some(attempt) = self.attempt(id) {
            attempt.billed += billed;
            attempt.fees += fees;
            match used {
                Some(premium) => {
                    attempt.premium += premium;
                    attempt.served = true;
                }
                None => attempt.wasted += billed,
            }
        }
    }

    /// The answer that an endpoint completed comes too late.
    pub(crate) fn waste(&mut self) {
        if let Some(attempt) = self.attempts.iter_mut().rev().find(|attempt| attempt.served) {
            attempt.served = false;
            attempt.wasted = attempt.billed;
            attempt.premium = Usd::ZERO;
        }
    }

    pub(crate) fn end(
        &mut self,
        outcome: Outcome,
        answer: Answer,
        cause: Option<Cause>,
        avoidable: Option<bool>,
    ) {
        self.end = Some(EndRecord { at: self.now, outcome, answer, cause, avoidable });
    }

    /// Whether nothing more can happen to the request: it has ended, and so have its attempts. `lives` says whether the
    /// number of an attempt is in use.
    pub(crate) fn is_over(&self, lives: impl Fn(u32) -> bool) -> bool {
        self.end.is_some() && !self.attempts.iter().filter_map(|attempt| attempt.id).any(lives)
    }

    fn attempt_of(&self, id: u32) -> Option<usize> {
        self.attempts.iter().rposition(|attempt| attempt.id == Some(id))
    }

    fn attempt(&mut self, id: u32) -> Option<&mut AttemptRecord> {
        self.attempts.iter_mut().rev().find(|attempt| attempt.id == Some(id))
    }

    /// The story with names; `arrivals` of its workload arrived in all.
    pub(crate) fn finish(self, resolved: &Resolved, arrivals: u64) -> Explanation {
        let Some((arrived, input_tokens, output_tokens)) = self.arrived else {
            return Explanation::NeverArrived { arrivals };
        };
        let workload = (self.key >> KEY_BITS) as usize;
        let teller = Teller { recorder: &self, resolved, arrived };
        let sum =
            |part: fn(&AttemptRecord) -> Usd| self.attempts.iter().map(part).fold(Usd::ZERO, |a, b| a + b);
        let end = self.end.as_ref().map(|end| End {
            at: teller.since(end.at),
            outcome: match end.outcome {
                Outcome::Plan => "plan",
                Outcome::Leak => "leak",
                Outcome::Failed => "failed",
                Outcome::Shed => "shed",
            },
            status: end.answer.status().0,
            cause: end.cause,
            avoidable: end.avoidable,
            ttft: self.first_token.filter(|&at| at <= end.at).map(|at| teller.since(at)),
            billed: sum(|attempt| attempt.billed),
            fees: sum(|attempt| attempt.fees),
            wasted: sum(|attempt| attempt.wasted),
        });
        Explanation::Story(Box::new(Story {
            workload: resolved.scenario.workloads[workload].name.clone(),
            number: self.key & ((1 << KEY_BITS) - 1),
            arrived,
            input_tokens,
            output_tokens,
            plan: resolved.nodes[resolved.workloads[workload].plan.index()].name.clone(),
            entry: self.visits.first().map(|visit| teller.visit(visit)),
            end,
        }))
    }
}

impl AttemptRecord {
    fn new(target: NodeId, reason: Reason) -> Self {
        Self {
            id: None,
            target,
            reason,
            leaves: None,
            first_token: None,
            end: None,
            billed: Usd::ZERO,
            fees: Usd::ZERO,
            wasted: Usd::ZERO,
            premium: Usd::ZERO,
            served: false,
        }
    }
}

/// Turns records into a tree with names.
struct Teller<'a> {
    recorder: &'a Recorder,
    resolved: &'a Resolved,
    arrived: Time,
}

impl Teller<'_> {
    fn since(&self, at: Time) -> Span {
        at.saturating_since(self.arrived)
    }

    fn name(&self, node: NodeId) -> String {
        self.resolved.nodes[node.index()].name.clone()
    }

    fn visit(&self, visit: &VisitRecord) -> Visit {
        Visit {
            router: self.name(visit.router),
            at: self.since(visit.began),
            decisions: visit.steps.iter().map(|step| self.step(step)).collect(),
        }
    }

    fn step(&self, step: &StepRecord) -> Step {
        let excluded = |(target, exclusion): &(NodeId, Exclusion)| Excluded {
            target: self.name(*target),
            rule: exclusion.rule.clone(),
            until: exclusion.until,
        };
        Step {
            at: self.since(step.at),
            eligible: step.eligible.iter().map(|&target| self.name(target)).collect(),
            excluded: step.excluded.iter().map(excluded).collect(),
            decision: match step.does {
                DoesRecord::Try(attempt) => Does::Try(Box::new(self.attempt(attempt))),
                DoesRecord::Wait(until, beside) => Does::Wait { until: self.since(until), beside },
                DoesRecord::GiveUp(answer, nothing_sent) => {
                    Does::GiveUp { status: answer.status().0, nothing_sent }
                }
            },
        }
    }

    fn attempt(&self, position: usize) -> Attempt {
        let record = &self.recorder.attempts[position];
        let visit = self.recorder.visits.iter().find(|visit| visit.parent == Some(position));
        let inside = visit.map(|visit| self.visit(visit));
        let end = record.end.map(|(at, answer)| AttemptEnd {
            at: self.since(at),
            how: match answer {
                Some(Answer::Ok) => How::Served,
                Some(Answer::Failed { .. }) => How::Failed,
                Some(Answer::Cut) => How::Cut,
                Some(Answer::TimedOut) => How::TimedOut,
                None => How::Left,
            },
            status: answer.map(|answer| answer.status().0),
            retry_after: answer.and_then(Answer::retry_after),
            nothing_sent: inside.as_ref().is_some_and(Visit::sent_nothing),
        });
        Attempt {
            target: self.name(record.target),
            reason: record.reason,
            leaves_plan: record.leaves,
            first_token: record
                .first_token
                .filter(|&at| record.end.is_none_or(|(end, _)| at <= end))
                .map(|at| self.since(at)),
            end,
            billed: record.billed,
            fees: record.fees,
            wasted: record.wasted,
            premium: record.premium,
            inside,
        }
    }
}

//! The flow while it is being written: requests by the way they went, added up as they end.
//!
//! There are as many lines as ways that were taken: memory does not grow with the number of requests.

use std::collections::BTreeMap;

use sandbox_model::{Cause, NodeId, Usd};
use sandbox_scenario::Resolved;

use crate::account::{Path, Served};
use crate::output::{Flow, FlowEnd, FlowLine};

/// What of a way is known before its end.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Start {
    pub(crate) workload: u16,
    /// What was tried first.
    pub(crate) first: Option<NodeId>,
}

/// Why a request is not on its plan.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Off {
    pub(crate) cause: Option<Cause>,
    pub(crate) avoidable: bool,
    pub(crate) tried_plan: bool,
}

/// How a way ends; the numbers decide the order of lines.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum End {
    Plan = 0,
    Leak = 1,
    Failed = 2,
    Shed = 3,
    InFlight = 4,
    Wasted = 5,
}

/// One line: its key in order of significance.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    workload: u16,
    /// One more than the number of the node; 0 for none.
    first: u16,
    /// One more than the index of the cause; 0 for none.
    cause: u8,
    avoidable: bool,
    tried_plan: bool,
    end: End,
    endpoint: u16,
}

#[derive(Copy, Clone, Default, Debug)]
struct Sums {
    requests: u64,
    input: u64,
    output: u64,
    billed: Usd,
    premium: Usd,
}

/// All ways that requests took.
#[derive(Clone, Default)]
pub(crate) struct Paths {
    lines: BTreeMap<Key, Sums>,
}

impl Paths {
    /// A request was served.
    pub(crate) fn serve(&mut self, start: Start, served: &Served) {
        let (off, end) = match served.path {
            Path::Leak { cause, avoidable, tried_plan } => {
                (Off { cause: Some(cause), avoidable, tried_plan }, End::Leak)
            }
            Path::Open | Path::Plan => (Off::default(), End::Plan),
        };
        let line = self.line(start, off, end, served.endpoint);
        line.requests += 1;
        line.bill(served);
    }

    /// A request ends, or has not ended, without an answer.
    pub(crate) fn lose(&mut self, start: Start, off: Off, end: End) {
        self.line(start, off, end, 0).requests += 1;
    }

    /// The answer to a request that has not ended is on its way and billed.
    pub(crate) fn bill_in_flight(&mut self, start: Start, off: Off, served: &Served) {
        self.line(start, off, End::InFlight, 0).bill(served);
    }

    /// Work was billed of which nobody has anything.
    pub(crate) fn waste(&mut self, start: Start, served: &Served) {
        self.line(start, Off::default(), End::Wasted, served.endpoint).bill(served);
    }

    fn line(&mut self, start: Start, off: Off, end: End, endpoint: u16) -> &mut Sums {
        let key = Key {
            workload: start.workload,
            first: start.first.map_or(0, |node| node.0 + 1),
            cause: off.cause.map_or(0, |cause| cause.index() as u8 + 1),
            avoidable: off.avoidable,
            tried_plan: off.tried_plan,
            end,
            endpoint,
        };
        self.lines.entry(key).or_default()
    }

    /// The lines with names.
    pub(crate) fn flow(&self, resolved: &Resolved) -> Flow {
        let line = |(key, sums): (&Key, &Sums)| {
            let endpoint = || resolved.scenario.endpoints[usize::from(key.endpoint)].name.clone();
            FlowLine {
                workload: resolved.scenario.workloads[usize::from(key.workload)].name.clone(),
                first: key.first.checked_sub(1).map(|node| resolved.nodes[usize::from(node)].name.clone()),
                cause: key.cause.checked_sub(1).map(|index| Cause::ALL[usize::from(index)]),
                avoidable: key.avoidable,
                tried_plan: key.tried_plan,
                end: match key.end {
                    End::Plan => FlowEnd::Plan(endpoint()),
                    End::Leak => FlowEnd::Leak(endpoint()),
                    End::Failed => FlowEnd::Failed,
                    End::Shed => FlowEnd::Shed,
                    End::InFlight => FlowEnd::InFlight,
                    End::Wasted => FlowEnd::Wasted(endpoint()),
                },
                requests: sums.requests,
                input_tokens: sums.input,
                output_tokens: sums.output,
                billed: sums.billed,
                premium: sums.premium,
            }
        };
        Flow { lines: self.lines.iter().map(line).collect() }
    }
}

impl Sums {
    fn bill(&mut self, served: &Served) {
        self.input += u64::from(served.input);
        self.output += u64::from(served.output);
        self.billed += served.billed;
        self.premium += served.premium;
    }
}

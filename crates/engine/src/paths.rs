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

impl End {
    /// By number.
    const ALL: [Self; 6] = [Self::Plan, Self::Leak, Self::Failed, Self::Shed, Self::InFlight, Self::Wasted];
}

/// Which line: from the top the workload (16 bits), one more than the number of the first node or 0 for none (16), one more
/// than the index of the cause or 0 for none (4), avoidable (1), tried the plan (1), the end (3), the endpoint (16). So
/// that finding a line is comparing numbers, and their order is that of the lines.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key(u64);

impl Key {
    fn new(start: Start, off: Off, end: End, endpoint: u16) -> Self {
        let first = start.first.map_or(0, |node| u64::from(node.0) + 1);
        let cause = off.cause.map_or(0, |cause| cause.index() as u64 + 1);
        let head = u64::from(start.workload) << 16 | first;
        let why = cause << 2 | u64::from(off.avoidable) << 1 | u64::from(off.tried_plan);
        Self(((head << 6 | why) << 3 | end as u64) << 16 | u64::from(endpoint))
    }

    const fn bits(self, from: u32, count: u32) -> u64 {
        self.0 >> from & ((1 << count) - 1)
    }

    const fn workload(self) -> usize {
        self.bits(41, 16) as usize
    }

    fn first(self) -> Option<usize> {
        (self.bits(25, 16) as usize).checked_sub(1)
    }

    fn cause(self) -> Option<Cause> {
        (self.bits(21, 4) as usize).checked_sub(1).map(|index| Cause::ALL[index])
    }

    const fn avoidable(self) -> bool {
        self.bits(20, 1) == 1
    }

    const fn tried_plan(self) -> bool {
        self.bits(19, 1) == 1
    }

    const fn end(self) -> End {
        End::ALL[self.bits(16, 3) as usize]
    }

    const fn endpoint(self) -> usize {
        self.bits(0, 16) as usize
    }
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
        self.lines.entry(Key::new(start, off, end, endpoint)).or_default()
    }

    /// The lines with names.
    pub(crate) fn flow(&self, resolved: &Resolved) -> Flow {
        let line = |(key, sums): (&Key, &Sums)| {
            let endpoint = || resolved.scenario.endpoints[key.endpoint()].name.clone();
            FlowLine {
                workload: resolved.scenario.workloads[key.workload()].name.clone(),
                first: key.first().map(|node| resolved.nodes[node].name.clone()),
                cause: key.cause(),
                avoidable: key.avoidable(),
                tried_plan: key.tried_plan(),
                end: match key.end() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_what_it_is_made_of() {
        let (mut last, mut lines) = (None, 0);
        for workload in [0, u16::MAX] {
            for first in [None, Some(NodeId(0)), Some(NodeId(u16::MAX - 1))] {
                for cause in std::iter::once(None).chain(Cause::ALL.into_iter().map(Some)) {
                    for (avoidable, tried_plan) in
                        [(false, false), (false, true), (true, false), (true, true)]
                    {
                        for (end, endpoint) in
                            End::ALL.into_iter().flat_map(|end| [(end, 0), (end, u16::MAX)])
                        {
                            let off = Off { cause, avoidable, tried_plan };
                            let key = Key::new(Start { workload, first }, off, end, endpoint);
                            assert_eq!((key.workload(), key.endpoint()), (workload.into(), endpoint.into()));
                            assert_eq!((key.first(), key.cause()), (first.map(NodeId::index), cause));
                            assert_eq!((key.avoidable(), key.tried_plan()), (avoidable, tried_plan));
                            assert_eq!(key.end(), end);
                            assert!(last < Some(key), "in the order of the lines");
                            (last, lines) = (Some(key), lines + 1);
                        }
                    }
                }
            }
        }
        assert_eq!(lines, 2 * 3 * 11 * 4 * 12);
    }
}

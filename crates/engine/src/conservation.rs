//! The laws that every run is held against, in release builds too (docs/invariants.md numbers them).

use sandbox_model::{Cause, Usd};
use sandbox_scenario::Resolved;

use crate::account::Tally;
use crate::machine::Machine;
use crate::output::{Flow, FlowEnd, FlowLine, Ledger, Work};
use crate::slab::NONE;

/// A law that does not hold: a bug of this program.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "conservation law broken: {law} of {scope}: {detail}\n  hint: this is a bug of the simulator; please report it with the scenario and the seed"
)]
pub struct Violation {
    law: &'static str,
    scope: String,
    detail: String,
}

fn hold(
    law: &'static str,
    scope: &str,
    holds: bool,
    detail: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { law, scope: scope.to_owned(), detail: detail() }) }
}

/// Holds a finished run against the laws of requests, attempts and money.
pub(crate) fn check(machine: &Machine, resolved: &Resolved) -> Result<(), Violation> {
    let mut alive = vec![(0_u64, 0_u64, 0_u64); resolved.workloads.len()];
    for request in machine.requests.iter().filter(|request| request.counted) {
        let (count, attempts, tried) = &mut alive[request.workload as usize];
        *count += 1;
        *attempts += u64::from(request.attempts);
        *tried += u64::from(request.attempts > 0);
    }
    for (w, tally) in machine.workload_tallies.iter().enumerate() {
        let name = &resolved.scenario.workloads[w].name;
        let (count, attempts, tried) = alive[w];
        outcomes(name, tally, count)?;
        let law = "attempts = those of requests that left + those of requests in flight";
        hold(law, name, tally.attempts == tally.attempts_of_left + attempts, || {
            format!("{} <> {} + {attempts}", tally.attempts, tally.attempts_of_left)
        })?;
        let law = "attempts = requests tried + retries + fallbacks + hedges";
        let tried = tally.tried + tried;
        let explained = tried + tally.retries + tally.fallbacks + tally.hedges;
        hold(law, name, tally.attempts == explained, || format!("{} <> {explained}", tally.attempts))?;
    }
    let mut alive = vec![0; machine.router_tallies.len()];
    for call in machine.calls.iter().filter(|call| machine.requests[call.request].counted) {
        alive[call.router as usize] += 1;
    }
    let names = |index: usize| resolved.scenario.routers[index].name.as_str();
    for (index, tally) in machine.router_tallies.iter().enumerate() {
        outcomes(names(index), tally, alive[index])?;
    }
    let mut alive = vec![0; machine.endpoint_tallies.len()];
    for attempt in machine.attempts.iter().filter(|attempt| attempt.counted) {
        if let (Some(count), crate::machine::Stage::Working(_)) =
            (alive.get_mut(attempt.target.index()), attempt.stage)
        {
            *count += 1;
        }
    }
    for (index, tally) in machine.endpoint_tallies.iter().enumerate() {
        outcomes(&resolved.scenario.endpoints[index].name, tally, alive[index])?;
    }
    let by_bucket: Usd = machine.buckets.rows.iter().map(|row| row.billed).sum();
    let by_endpoint: Usd = machine.endpoint_tallies.iter().map(|tally| tally.billed).sum();
    let by_workload: Usd = machine.workload_tallies.iter().map(|tally| tally.billed).sum();
    for (scope, sum) in [("buckets", by_bucket), ("endpoints", by_endpoint), ("workloads", by_workload)] {
        hold("the bill = the sum of its parts", scope, sum == machine.billed, || {
            format!("{sum} <> {}", machine.billed)
        })?;
    }
    let orphans = machine.attempts.iter().filter(|attempt| attempt.request == NONE).count();
    let attached = machine.attempts.iter().count() - orphans;
    let live: usize = machine.calls.iter().map(|call| call.live.len()).sum();
    let clients = machine.attempts.iter().filter(|a| a.request != NONE && a.call == NONE).count();
    hold(
        "attempts in flight = those that calls and clients wait for",
        "run",
        attached == live + clients,
        || format!("{attached} <> {live} + {clients}"),
    )
}

fn outcomes(scope: &str, tally: &Tally, alive: u64) -> Result<(), Violation> {
    let law = "arrived = served by plan + leaked + failed + shed + in flight";
    let left = tally.served_by_plan + tally.leaked + tally.failed + tally.shed;
    hold(law, scope, tally.arrived == left + alive && tally.in_flight == alive, || {
        format!("{} <> {left} + {alive} (counted in flight: {})", tally.arrived, tally.in_flight)
    })
}

/// Holds the ledger against the bill.
pub(crate) fn check_ledger(machine: &Machine, ledger: &Ledger) -> Result<(), Violation> {
    hold("the ledger's lines sum to the bill", "ledger", ledger.total() == machine.billed, || {
        format!("{} <> {}", ledger.total(), machine.billed)
    })?;
    let explained = machine.usage + ledger.fees();
    hold("the bill = usage + fees", "ledger", machine.billed == explained, || {
        format!("{} <> {} + {}", machine.billed, machine.usage, ledger.fees())
    })?;
    let by_endpoint: Usd = machine.endpoint_tallies.iter().map(|tally| tally.fees).sum();
    hold("fees = the sum of the endpoints' fees", "ledger", ledger.fees() == by_endpoint, || {
        format!("{} <> {by_endpoint}", ledger.fees())
    })?;
    let leaked: u64 = machine.workload_tallies.iter().map(|tally| tally.leaked).sum();
    let lines = ledger.lines.iter().filter(|line| matches!(line.work, Work::Leak { .. }));
    let in_lines: u64 = lines.map(|line| line.requests).sum();
    hold("the ledger's leaked requests = leaked requests", "ledger", leaked == in_lines, || {
        format!("{in_lines} <> {leaked}")
    })
}

/// Holds the flow against the requests and the bill.
pub(crate) fn check_flow(machine: &Machine, flow: &Flow) -> Result<(), Violation> {
    let requests = |of: &dyn Fn(&FlowLine) -> bool| -> u64 {
        flow.lines.iter().filter(|line| of(line)).map(|line| line.requests).sum()
    };
    let money = |part: fn(&FlowLine) -> Usd, of: &dyn Fn(&FlowLine) -> bool| -> Usd {
        flow.lines.iter().filter(|line| of(line)).map(part).sum()
    };
    let tally = Tally::sum(&machine.workload_tallies);
    let arrived = requests(&|_| true);
    hold("the flow's requests = those that arrived", "flow", arrived == tally.arrived, || {
        format!("{arrived} <> {}", tally.arrived)
    })?;
    let billed = money(|line| line.billed, &|_| true);
    hold("the flow's lines sum to the bill", "flow", billed == machine.billed, || {
        format!("{billed} <> {}", machine.billed)
    })?;
    let wasted = money(|line| line.billed, &|line| matches!(line.end, FlowEnd::Wasted(_)));
    hold("the flow's wasted work = wasted work", "flow", wasted == tally.wasted, || {
        format!("{wasted} <> {}", tally.wasted)
    })?;
    for (cause, leak) in Cause::ALL.into_iter().zip(&tally.leaks) {
        let of = |line: &FlowLine| matches!(line.end, FlowEnd::Leak(_)) && line.cause == Some(cause);
        let avoidable = requests(&|line| of(line) && line.avoidable);
        let told =
            (requests(&of), avoidable, money(|line| line.billed, &of), money(|line| line.premium, &of));
        let known = (leak.requests, leak.avoidable, leak.billed, leak.premium);
        hold("the flow's leaks = leaks, by cause", cause.name(), told == known, || {
            format!("{told:?} <> {known:?}")
        })?;
    }
    Ok(())
}

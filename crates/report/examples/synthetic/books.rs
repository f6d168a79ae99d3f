//! Ledger, flow and waterfall of a made-up run.

use sandbox_engine::output::summary::{Scope, WaterfallStep};
use sandbox_engine::output::{Flow, FlowEnd, FlowLine, Ledger, LedgerLine, Summary, Timeline, Work};
use sandbox_model::{Cause, Usd};

/// A ledger and a flow that fit the summary in requests and in leaked money; what is left of the bill is the plan's.
pub(crate) fn books(summary: &Summary, timeline: &Timeline) -> (Ledger, Flow) {
    let amount = |text: &str| format!("${text}").replace("$-", "-$").parse().unwrap_or(Usd::ZERO);
    let (plan, grid) = match (timeline.endpoints.first(), timeline.endpoints.last()) {
        (Some(plan), Some(grid)) => (plan.clone(), grid.clone()),
        _ => return (Ledger::default(), Flow::default()),
    };
    let mut left: Usd = amount(&summary.cost_usd.total);
    let (mut ledger, mut flow) = (Ledger::default(), Flow::default());
    for (name, cause) in &summary.leak.by_cause {
        let Some(why) = Cause::ALL.into_iter().find(|cause| cause.name() == name) else { continue };
        let avoidable = cause.avoidable_requests > 0;
        let (billed, premium): (Usd, Usd) = (amount(&cause.billed_usd), amount(&cause.premium_usd));
        left = left - billed;
        ledger.lines.push(LedgerLine {
            work: Work::Leak { cause: why, avoidable },
            requests: cause.requests,
            premium,
            ..ledger_line(&grid, cause.requests, billed)
        });
        flow.lines.push(FlowLine {
            cause: Some(why),
            avoidable,
            tried_plan: !avoidable,
            premium,
            ..flow_line(
                if avoidable { &grid } else { &plan },
                FlowEnd::Leak(grid.clone()),
                cause.requests,
                billed,
            )
        });
    }
    let served = summary.requests.served_by_plan;
    if served > 0 {
        ledger.lines.insert(0, ledger_line(&plan, served, left));
        flow.lines.insert(0, flow_line(&plan, FlowEnd::Plan(plan.clone()), served, left));
    }
    if summary.requests.failed > 0 {
        let line = flow_line(&plan, FlowEnd::Failed, summary.requests.failed, Usd::ZERO);
        flow.lines.push(FlowLine {
            cause: Some(Cause::Outage),
            tried_plan: true,
            input_tokens: 0,
            output_tokens: 0,
            ..line
        });
    }
    (ledger, flow)
}

fn ledger_line(endpoint: &str, requests: u64, billed: Usd) -> LedgerLine {
    LedgerLine {
        workload: "cn-chat".to_owned(),
        endpoint: endpoint.to_owned(),
        work: Work::Plan,
        requests,
        attempts: requests,
        input_tokens: requests * 900,
        output_tokens: requests * 350,
        billed,
        fees: Usd::ZERO,
        premium: Usd::ZERO,
        flipped: 0,
        flip_premium: Usd::ZERO,
    }
}

fn flow_line(first: &str, end: FlowEnd, requests: u64, billed: Usd) -> FlowLine {
    FlowLine {
        workload: "cn-chat".to_owned(),
        first: Some(first.to_owned()),
        cause: None,
        avoidable: false,
        tried_plan: false,
        end,
        requests,
        input_tokens: requests * 900,
        output_tokens: requests * 350,
        billed,
        premium: Usd::ZERO,
    }
}

/// Half of the leak's premium was unavoidable; what is left between the bills is other prices.
pub(crate) fn waterfall(scope: &Scope) -> Vec<WaterfallStep> {
    let amount = |text: &str| format!("${text}").replace("$-", "-$").parse().unwrap_or(Usd::ZERO);
    let (total, twin): (Usd, Usd) = (amount(&scope.cost_usd.total), amount(&scope.cost_usd.twin));
    let premium: Usd = amount(&scope.leak.premium_usd);
    let part = |n: i128| Usd::from_pico(premium.pico() / n);
    let (unavoidable, detection, failback) = (part(2), part(4), part(5));
    let rest = total - twin - unavoidable - detection - failback;
    let leaked = scope.requests.leaked;
    let steps = [
        ("base", scope.requests.arrived, twin),
        ("not_served", scope.requests.failed, Usd::ZERO),
        ("unavoidable", leaked / 2, unavoidable),
        ("detection_lag", leaked / 4, detection),
        ("failback_lag", leaked - leaked / 2 - leaked / 4, failback),
        ("by_design", 0, Usd::ZERO),
        ("retries_and_hedges", 0, Usd::ZERO),
        ("other_prices", 0, rest),
        ("total", scope.requests.arrived, total),
    ];
    let step = |(step, requests, usd): (&str, u64, Usd)| WaterfallStep {
        step: step.to_owned(),
        requests,
        usd: usd.decimal(),
    };
    steps.map(step).to_vec()
}

//! Objectives against what was measured.

use sandbox_model::Usd;
use sandbox_scenario::{Metric, Objective, Resolved};

use crate::account::Tally;
use crate::machine::Machine;
use crate::output::summary::{FaultReport, ObjectiveReport};

/// Reports an objective.
pub(crate) fn report(
    objective: &Objective,
    resolved: &Resolved,
    main: &Machine,
    twin: &Machine,
    faults: &[FaultReport],
) -> ObjectiveReport {
    let value = measure(objective.metric, objective.workload.as_deref(), resolved, main, twin, faults);
    ObjectiveReport {
        expression: objective.expression.clone(),
        value,
        limit: objective.limit,
        margin: value.map(|value| objective.margin(value)),
        met: objective.met(value),
    }
}

/// What a metric comes to, of one workload or of all.
pub(crate) fn measure(
    metric: Metric,
    only: Option<&str>,
    resolved: &Resolved,
    main: &Machine,
    twin: &Machine,
    faults: &[FaultReport],
) -> Option<f64> {
    let of = |machine: &Machine| {
        let names = resolved.scenario.workloads.iter().map(|w| w.name.as_str());
        let chosen = names.zip(&machine.workload_tallies).filter(|(name, _)| only.is_none_or(|o| o == *name));
        Tally::sum(chosen.map(|(_, tally)| tally))
    };
    let sum = of(main);
    let counted = main.end.since(main.warm_up).as_secs_f64() / 3600.0;
    let per_hour = |usd: Usd| (counted > 0.0).then(|| usd.as_f64() / counted);
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let premium = || sum.billed - of(twin).billed;
    match metric {
        Metric::Availability => {
            let served = sum.served_by_plan + sum.leaked;
            share(served, sum.arrived - sum.in_flight)
        }
        Metric::Ttft(percent) => sum.ttft.quantile(percent).map(sandbox_core::Span::as_secs_f64),
        Metric::LeakShare => share(sum.leaked, sum.arrived),
        Metric::AvoidableLeakShare => share(sum.avoidable(), sum.arrived),
        Metric::LeakPremium => Some(sum.leak_premium().as_f64()),
        Metric::LeakPremiumPerHour => per_hour(sum.leak_premium()),
        Metric::Cost => Some(sum.billed.as_f64()),
        Metric::CostPerHour => per_hour(sum.billed),
        Metric::CostPremium => Some(premium().as_f64()),
        Metric::CostPremiumPerHour => per_hour(premium()),
        Metric::FlipShare => share(sum.flipped, sum.grid_served),
        Metric::FlipPremium => Some(sum.flip_premium.as_f64()),
        Metric::FlipPremiumPerHour => per_hour(sum.flip_premium),
        Metric::Failed => Some((sum.failed + sum.shed) as f64),
        Metric::AttemptsPerRequest => share(sum.attempts, sum.arrived),
        // Faults that nobody noticed were not detected in time; those of links nobody can.
        Metric::DetectionLagMax if faults.iter().all(FaultReport::is_of_link) => Some(0.0),
        Metric::DetectionLagMax => faults.iter().filter_map(|fault| fault.detection_lag_s).reduce(f64::max),
        // A router that never turned away from a target had nothing to come back from.
        Metric::FailbackLagMax => Some(faults.iter().filter_map(|f| f.failback_lag_s).fold(0.0, f64::max)),
    }
}

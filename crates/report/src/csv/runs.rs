//! The main numbers of runs, one line a run: for spreadsheets and CI.

use sandbox_engine::output::Summary;

/// Columns, in order; more are only ever added at the end.
const COLUMNS: [&str; 37] = [
    "run",
    "scenario",
    "seed",
    "version",
    "fingerprint",
    "duration_s",
    "objectives",
    "objectives_met",
    "missed",
    "arrived",
    "served_by_plan",
    "leaked",
    "failed",
    "shed",
    "in_flight",
    "leak_share",
    "avoidable_share",
    "leak_premium_usd",
    "attempts",
    "retries",
    "fallbacks",
    "hedges",
    "ttft_p50_s",
    "ttft_p95_s",
    "ttft_p99_s",
    "cost_usd",
    "twin_cost_usd",
    "premium_usd",
    "wasted_usd",
    "fees_usd",
    "flipped",
    "flip_share",
    "flip_premium_usd",
    "faults",
    "faults_seen",
    "detection_lag_max_s",
    "failback_lag_max_s",
];

/// A header and one line a run, each with the name that is to stand in its first column; columns are described in the
/// [module](crate::csv). A number that does not exist is empty.
#[must_use]
pub fn runs_csv(runs: &[(&str, &Summary)]) -> String {
    let mut csv = super::writer();
    super::write(&mut csv, &COLUMNS.map(str::to_owned));
    for (name, summary) in runs {
        super::write(&mut csv, &record(name, summary));
    }
    super::finish(csv)
}

fn record(name: &str, summary: &Summary) -> [String; COLUMNS.len()] {
    let Summary { requests, attempts, ttft_s, cost_usd, leak, flips, faults, objectives, .. } = summary;
    let missed: Vec<&str> =
        objectives.iter().filter(|objective| !objective.met).map(|o| o.expression.as_str()).collect();
    let seen = faults.iter().filter(|fault| fault.detection_lag_s.is_some()).count();
    let lags = |lag: fn(&_) -> Option<f64>| faults.iter().filter_map(lag).reduce(f64::max);
    [
        (*name).to_owned(),
        summary.scenario.clone(),
        summary.seed.to_string(),
        summary.version.clone(),
        summary.fingerprint.clone(),
        summary.duration_s.to_string(),
        objectives.len().to_string(),
        (objectives.len() - missed.len()).to_string(),
        missed.join("; "),
        requests.arrived.to_string(),
        requests.served_by_plan.to_string(),
        requests.leaked.to_string(),
        requests.failed.to_string(),
        requests.shed.to_string(),
        requests.in_flight.to_string(),
        known(leak.share),
        known(leak.avoidable_share),
        leak.premium_usd.clone(),
        attempts.total.to_string(),
        attempts.retries.to_string(),
        attempts.fallbacks.to_string(),
        attempts.hedges.to_string(),
        known(ttft_s.p50),
        known(ttft_s.p95),
        known(ttft_s.p99),
        cost_usd.total.clone(),
        cost_usd.twin.clone(),
        cost_usd.premium.clone(),
        cost_usd.wasted.clone(),
        cost_usd.fees.clone(),
        flips.requests.to_string(),
        known(flips.share),
        flips.premium_usd.clone(),
        faults.len().to_string(),
        seen.to_string(),
        known(lags(|fault: &sandbox_engine::output::summary::FaultReport| fault.detection_lag_s)),
        known(lags(|fault: &sandbox_engine::output::summary::FaultReport| fault.failback_lag_s)),
    ]
}

/// Empty is not zero.
fn known(x: Option<f64>) -> String {
    x.map_or_else(String::new, |x| x.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::cases;

    #[test]
    fn runs_are_what_they_were() {
        let runs: Vec<(&str, Summary)> =
            cases::all().into_iter().map(|(name, shape)| (name, shape.run().summary)).collect();
        let runs: Vec<(&str, &Summary)> = runs.iter().map(|(name, summary)| (*name, summary)).collect();
        insta::assert_snapshot!(runs_csv(&runs));
    }

    #[test]
    fn every_number_reads_back_as_the_summary_has_it() {
        let mut summary = crate::synthetic::day().run().summary;
        summary.scenario = "a \"day\", with\nline breaks".to_owned();
        summary.ttft_s.p99 = None;
        let text = runs_csv(&[("out/a,b", &summary)]);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let records: Vec<::csv::StringRecord> =
            reader.records().map(|record| record.expect("a line")).collect();
        assert_eq!(records.len(), 1);
        let cell = |name: &str| {
            let column = header.iter().position(|column| column == name).expect(name);
            records[0].get(column).expect(name)
        };
        assert_eq!(cell("run"), "out/a,b");
        assert_eq!(cell("scenario"), summary.scenario);
        assert_eq!(cell("arrived"), summary.requests.arrived.to_string());
        assert_eq!(cell("cost_usd"), summary.cost_usd.total);
        assert_eq!(cell("ttft_p99_s"), "");
        assert_eq!(cell("leak_share").parse::<f64>().ok(), summary.leak.share);
        assert_eq!(cell("missed"), "leak_share <= 10%; failback_lag_max <= 2min");
        assert_eq!((cell("objectives"), cell("objectives_met")), ("5", "3"));
        assert_eq!(cell("failback_lag_max_s"), "610");
    }
}

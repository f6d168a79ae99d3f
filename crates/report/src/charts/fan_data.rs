//! [`Fan`]: what many seeds of one run have in common, bucket by bucket.

use sandbox_core::Time;
use sandbox_engine::output::TimelineRow;

use super::attempts::ratio;
use super::panel::Panel;
use super::runs::{check_alike, without};
use crate::error::ReportError;
use crate::figure::{Figure, Totals};
use crate::quantile::quantile;

/// From so many seeds on, one stands for 5 % or less.
pub(super) const ENOUGH: usize = 20;

/// One value over the seeds in one bucket.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(crate) struct Spread {
    /// Start of the bucket.
    pub(crate) at: Time,
    /// Least, 5th percentile, median, 95th percentile, most; none if no seed has a value.
    pub(crate) values: Option<[f64; 5]>,
}

/// Runs that differ only in their seed, as median and bands.
#[derive(Clone, PartialEq, Debug)]
pub struct Fan {
    /// The run with the least seed: its time axis and names are everyone's.
    pub(super) first: Figure,
    /// In rising order.
    pub(super) seeds: Vec<u64>,
    pub(super) leak: Vec<Spread>,
    /// 95th percentile of the time to first token [s].
    pub(super) ttft: Vec<Spread>,
    /// Billed so far [USD].
    pub(super) cost: Vec<Spread>,
    pub(super) attempts: Vec<Spread>,
    /// The same of all that is shown, in the order of [`Fan::PANELS`].
    pub(super) totals: [Option<[f64; 5]>; 4],
}

impl Fan {
    /// Brings runs together, each with the name of its directory. Their order does not matter.
    ///
    /// # Errors
    /// [`ReportError`] if there are fewer than three, if two have the same seed, or if they differ in more than their seed.
    pub fn of(runs: &[(String, Figure)]) -> Result<Self, ReportError> {
        let mut runs: Vec<&(String, Figure)> = runs.iter().collect();
        if runs.len() < 3 {
            return Err(ReportError::Runs { count: runs.len(), hint: "a fan is of three seeds or more" });
        }
        runs.sort_by_key(|(_, figure)| figure.seed);
        check_seeds(&runs)?;
        let first = runs[0].1.clone();
        let over = |of: &dyn Fn(&Figure, &TimelineRow) -> Option<f64>| -> Vec<Spread> {
            let rows = first.timeline.rows.iter().enumerate();
            rows.map(|(index, row)| {
                let value = |run: &&&(String, Figure)| of(&run.1, run.1.timeline.rows.get(index)?);
                Spread { at: row.at, values: spread(runs.iter().filter_map(|run| value(&run)).collect()) }
            })
            .collect()
        };
        let leak = over(&|_, row| ratio(row.leaked, row.arrived));
        let ttft = over(&|_, row| row.ttft.map(|ttft| ttft[1].as_secs_f64()));
        let cost = over(&|figure, row| Some((row.cost - super::cost::base(figure).0.0).as_f64()));
        let attempts = over(&|_, row| ratio(row.attempts, row.arrived));
        let total = |of: fn(&Totals) -> Option<f64>| {
            spread(runs.iter().filter_map(|run| of(&run.1.totals)).collect())
        };
        let totals = [
            total(|totals| totals.leak),
            total(|totals| totals.ttft_s.p95),
            total(|totals| Some(totals.cost)),
            total(|totals| totals.amplification),
        ];
        let seeds = runs.iter().map(|run| run.1.seed).collect();
        Ok(Self { first, seeds, leak, ttft, cost, attempts, totals })
    }

    /// Panels that a fan has.
    pub const PANELS: [Panel; 4] = [Panel::Share, Panel::Ttft, Panel::Cost, Panel::Attempts];
}

fn spread(mut values: Vec<f64>) -> Option<[f64; 5]> {
    values.sort_by(f64::total_cmp);
    let at = |p: f64| quantile(&values, p);
    Some([at(0.0)?, at(0.05)?, at(0.5)?, at(0.95)?, at(1.0)?])
}

/// That nothing but the seed differs.
fn check_seeds(runs: &[&(String, Figure)]) -> Result<(), ReportError> {
    let owned: Vec<(String, Figure)> = runs.iter().map(|&run| run.clone()).collect();
    check_alike(&owned)?;
    let (first_name, first) = runs[0];
    for pair in runs.windows(2) {
        let ((_, before), (name, figure)) = (pair[0], pair[1]);
        let mismatch = |problem: String, hint| {
            Err(ReportError::Mismatch { first: first_name.clone(), other: name.clone(), problem, hint })
        };
        if figure.seed == before.seed {
            let hint = "a fan is over different seeds: leave one of them out";
            return mismatch(format!("seed {} comes twice", figure.seed), hint);
        }
        let command = |figure: &Figure| without(&figure.repro, "--seed");
        if figure.title != first.title || command(figure) != command(first) {
            let problem = format!("they are `{}` and `{}`", command(first), command(figure));
            return mismatch(problem, "a fan is over seeds of one scenario, run alike");
        }
        if figure.timeline.rows.len() != first.timeline.rows.len()
            || figure.timeline.bucket != first.timeline.bucket
        {
            return mismatch("their buckets differ".to_owned(), "run them with the same version");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::day;

    fn seeds(n: u64) -> Vec<(String, Figure)> {
        let of = |seed: u64| {
            let mut run = day().run().data();
            run.summary.seed = seed;
            run.summary.repro = format!("sandbox run day.ron --seed {seed}");
            for row in &mut run.timeline.rows {
                row.leaked = row.arrived * seed / 100;
            }
            (format!("s{seed}"), run.figure().expect("lanes for all faults"))
        };
        (1..=n).map(of).collect()
    }

    #[test]
    fn a_fan_has_the_quantiles_of_each_bucket() {
        let mut runs = seeds(5);
        runs.reverse();
        let row = 400;
        for (run, leaked) in runs.iter_mut().zip([50, 10, 30, 20, 40]) {
            run.1.timeline.rows[row].arrived = 100;
            run.1.timeline.rows[row].leaked = leaked;
        }
        let fan = Fan::of(&runs).expect("five seeds");
        assert_eq!(fan.seeds, [1, 2, 3, 4, 5]);
        let values = fan.leak[row].values.expect("requests arrived");
        // Places 0.2 and 3.8 of 0.1 to 0.5.
        for (found, expected) in values.into_iter().zip([0.1, 0.12, 0.3, 0.48, 0.5]) {
            assert!((found - expected).abs() < 1e-12, "{values:?}");
        }
    }

    #[test]
    fn what_is_no_fan_is_refused_with_a_hint() {
        let refused = |runs: &[(String, Figure)]| Fan::of(runs).expect_err("no fan").to_string();
        assert!(refused(&seeds(2)).contains("hint: a fan is of three"));
        let mut twice = seeds(3);
        twice[2].1.seed = 1;
        assert!(refused(&twice).contains("seed 1 comes twice"));
        let mut other = seeds(3);
        other[1].1.repro.push_str(" --router bare");
        assert!(refused(&other).contains("--router bare"));
        let mut later = seeds(3);
        later[2].1.clock.start_second_of_day = 60;
        assert!(refused(&later).contains("they start at"));
    }
}

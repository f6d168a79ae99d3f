//! From the control twin's bill to the run's, step by step: what the page and the pictures draw alike.

use sandbox_engine::output::summary::WaterfallStep;

use crate::human;

/// Said of a broken axis, before and after where it begins.
pub(crate) const BROKEN: [&str; 2] = [
    "The axis is broken: it begins at",
    "because the steps are small against the bill. Compare lengths of steps, not of the two bills.",
];

/// Over it.
pub(crate) const TITLE: &str = "From calm weather to this bill";

/// How it is to be read.
pub(crate) const CAPTION: &str =
    "Each step begins where the one above it ended; the steps between the two bills sum to their difference.";

/// A bar of the waterfall, from one level of the bill to another [$].
pub(crate) struct Bar<'a> {
    /// Place in `summary.json`.
    pub(crate) index: usize,
    pub(crate) step: &'a str,
    pub(crate) usd: &'a str,
    pub(crate) requests: u64,
    pub(crate) change: f64,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Bar<'_> {
    /// Whether it is a bill and not a step.
    pub(crate) fn ends(&self) -> bool {
        matches!(self.step, "base" | "total")
    }

    /// Whether it takes from the bill because less was done: no saving.
    pub(crate) fn is_undone(&self) -> bool {
        self.step == "not_served"
    }

    pub(crate) fn word(&self) -> &str {
        match self.step {
            "base" => "bill in calm weather",
            "not_served" => "not served",
            "unavoidable" => "unavoidable leak",
            "detection_lag" => "detection lag",
            "failback_lag" => "failback lag",
            "by_design" => "leak by design",
            "retries_and_hedges" => "retries and hedges",
            "other_prices" => "other prices",
            "total" => "bill of this run",
            other => other,
        }
    }

    /// Whether something is drawn of it: a step of nothing is only named.
    pub(crate) fn shown(&self) -> bool {
        self.ends() || self.change != 0.0 || self.requests > 0
    }
}

/// What a step means, in a sentence.
pub(crate) fn meaning(step: &str) -> &'static str {
    match step {
        "base" => "What the same arrivals cost the control twin.",
        "not_served" => {
            "What the plan would have billed for requests that were not served: saved, but not wanted."
        }
        "unavoidable" => "Premium of leaks that had to be, and whose router knew at once.",
        "detection_lag" => {
            "Premium of leaks whose own attempt at the plan had failed first: nothing had told their router."
        }
        "failback_lag" => {
            "Premium of leaks that left only because their router still believed in an outage that was over."
        }
        "by_design" => "Premium of leaks that a router chose: to spread load, for a guard, or for no reason.",
        "retries_and_hedges" => "Work that was billed and of no use, and hedges.",
        "other_prices" => "What is left: the plan itself was dearer or cheaper than in calm weather.",
        "total" => "What was billed.",
        _ => "",
    }
}

pub(crate) fn bars(steps: &[WaterfallStep]) -> Vec<Bar<'_>> {
    let mut level = 0.0;
    let mut bars = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let change = human::decimal(&step.usd);
        let mut bar = Bar {
            index,
            step: &step.step,
            usd: &step.usd,
            requests: step.requests,
            change,
            from: level,
            to: level + change,
        };
        if bar.ends() {
            (bar.from, bar.to) = (0.0, change);
        }
        level = bar.to;
        bars.push(bar);
    }
    bars
}

/// The scale of money, from a first value that need not be zero.
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    step: f64,
}

impl Axis {
    pub(crate) fn new(bars: &[Bar<'_>]) -> Self {
        let levels = || bars.iter().map(|bar| bar.to);
        let (low, high) =
            (levels().fold(f64::INFINITY, f64::min), levels().fold(f64::NEG_INFINITY, f64::max));
        let spread = high - low;
        // Where the steps would take less than a quarter of the width, the axis does not begin at zero.
        let broken = low > 0.0 && spread > 0.0 && spread < high / 4.0;
        let from = if broken { low - spread * 0.35 } else { low.min(0.0) };
        let to = if high > from { high } else { from + 1.0 };
        let step = round_step((to - from) / 4.0);
        // The axis begins and ends at whole steps. Sums of floats may be a hair beyond one.
        const HAIR: f64 = 1e-9;
        Self { low: libm::floor(from / step + HAIR) * step, high: libm::ceil(to / step - HAIR) * step, step }
    }

    pub(crate) fn at(&self, x: f64) -> f64 {
        (x - self.low) / (self.high - self.low)
    }

    pub(crate) fn ticks(&self) -> Vec<f64> {
        let count = libm::round((self.high - self.low) / self.step) as u32;
        (0..=count).map(|i| self.low + f64::from(i) * self.step).collect()
    }
}

/// 1, 2 or 5 times a power of ten, not below a value.
fn round_step(least: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(least.max(1e-12))));
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(amounts: &[(&str, &str)]) -> Vec<WaterfallStep> {
        amounts
            .iter()
            .map(|(step, usd)| WaterfallStep {
                step: (*step).to_owned(),
                requests: 1,
                usd: (*usd).to_owned(),
            })
            .collect()
    }

    #[test]
    fn the_axis_holds_every_level_and_is_broken_only_where_steps_are_small() {
        let cases = [
            (["700", "20", "-5"], true),
            (["700", "400", "-5"], false),
            (["0", "3", "-1"], false),
            (["0", "0", "0"], false),
            (["5", "-9", "1"], false),
            (["0.3", "-0.1", "-0.2"], false),
            (["0.000000000003", "0.000000000009", "0"], false),
        ];
        for (amounts, broken) in cases {
            let steps =
                steps(&[("base", amounts[0]), ("unavoidable", amounts[1]), ("other_prices", amounts[2])]);
            let bars = bars(&steps);
            let axis = Axis::new(&bars);
            assert_eq!(axis.low > 0.0, broken, "{amounts:?}");
            for bar in &bars {
                assert!((-1e-6..=1.0 + 1e-6).contains(&axis.at(bar.to)), "{amounts:?}: {}", axis.at(bar.to));
            }
            assert!(axis.low >= 0.0 || bars.iter().any(|bar| bar.to < -1e-9), "{amounts:?}: {}", axis.low);
            assert!((1..=12).contains(&axis.ticks().len()), "{amounts:?}");
        }
    }
}

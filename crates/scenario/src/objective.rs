//! Objectives: the promises that a run is held against, written like k6 thresholds.
//!
//! `availability >= 99.9%`, `ttft_p99[cn-chat] <= 4s`, `leak_premium <= $5/h`. What a metric measures is defined
//! where it is measured; here are its names, its unit and how to read and print a value.

use std::fmt;

use sandbox_core::Span;

use crate::problem::{name_hint, split_hint};

/// One promise.
#[derive(Clone, PartialEq, Debug)]
pub struct Objective {
    /// As it was written.
    pub expression: String,
    /// What is measured.
    pub metric: Metric,
    /// Whose requests; absent: everyone's.
    pub workload: Option<String>,
    /// Which side of the limit is good.
    pub comparison: Comparison,
    /// The limit, in the unit of [`Metric::unit`].
    pub limit: f64,
}

/// What an objective measures.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Metric {
    /// Share of requests that were answered.
    Availability,
    /// A percentile of the time to first token, in percent: 95.0, 99.9.
    Ttft(f64),
    /// Share of the plan's requests that leaked.
    LeakShare,
    /// Share of the plan's requests whose leak was avoidable.
    AvoidableLeakShare,
    /// Extra cost of leaked work over the plan's prices.
    LeakPremium,
    /// The same for each hour of the scenario.
    LeakPremiumPerHour,
    /// The whole bill.
    Cost,
    /// The same for each hour.
    CostPerHour,
    /// The whole bill above that of the control twin.
    CostPremium,
    /// The same for each hour.
    CostPremiumPerHour,
    /// Share of requests that a dearer upstream served inside a grid.
    FlipShare,
    /// Extra cost of those.
    FlipPremium,
    /// The same for each hour.
    FlipPremiumPerHour,
    /// Number of failed requests.
    Failed,
    /// Attempts for each request.
    AttemptsPerRequest,
    /// Longest time from a true outage to the router's belief in it.
    DetectionLagMax,
    /// Longest time from a true recovery to the router's belief in it.
    FailbackLagMax,
}

/// The unit of a metric's values.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Unit {
    /// 0 to 1, written as a percentage.
    Share,
    /// Seconds.
    Seconds,
    /// Dollars.
    Dollars,
    /// Dollars an hour.
    DollarsPerHour,
    /// A number without a unit.
    Count,
}

/// Which side of the limit is good.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// Below.
    Lt,
    /// At most.
    Le,
    /// Above.
    Gt,
    /// At least.
    Ge,
}

const NAMES: [(&str, Metric, Option<Metric>); 13] = [
    ("availability", Metric::Availability, None),
    ("leak_share", Metric::LeakShare, None),
    ("avoidable_leak_share", Metric::AvoidableLeakShare, None),
    ("leak_premium", Metric::LeakPremium, Some(Metric::LeakPremiumPerHour)),
    ("cost", Metric::Cost, Some(Metric::CostPerHour)),
    ("cost_premium", Metric::CostPremium, Some(Metric::CostPremiumPerHour)),
    ("flip_share", Metric::FlipShare, None),
    ("flip_premium", Metric::FlipPremium, Some(Metric::FlipPremiumPerHour)),
    ("failed", Metric::Failed, None),
    ("attempts_per_request", Metric::AttemptsPerRequest, None),
    ("detection_lag_max", Metric::DetectionLagMax, None),
    ("failback_lag_max", Metric::FailbackLagMax, None),
    ("ttft_p95", Metric::Ttft(95.0), None),
];

impl Metric {
    /// The unit of its values.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Availability | Self::LeakShare | Self::AvoidableLeakShare | Self::FlipShare => Unit::Share,
            Self::Ttft(_) | Self::DetectionLagMax | Self::FailbackLagMax => Unit::Seconds,
            Self::LeakPremium | Self::Cost | Self::CostPremium | Self::FlipPremium => Unit::Dollars,
            Self::LeakPremiumPerHour
            | Self::CostPerHour
            | Self::CostPremiumPerHour
            | Self::FlipPremiumPerHour => Unit::DollarsPerHour,
            Self::Failed | Self::AttemptsPerRequest => Unit::Count,
        }
    }

    /// Whether a greater value is the better one.
    #[must_use]
    pub const fn is_better_when_greater(self) -> bool {
        matches!(self, Self::Availability)
    }

    /// Reads a metric without a limit, `ttft_p99[cn-chat]` or `leak_premium/h`, and whose requests it is about;
    /// `workloads` are the names that may stand in brackets.
    ///
    /// # Errors
    /// What is wrong with it, and a hint.
    pub fn parse(text: &str, workloads: &[&str]) -> Result<(Self, Option<String>), ObjectiveError> {
        let text = text.trim();
        let (text, limit) = text.strip_suffix("/h").map_or((text, ""), |name| (name, "$/h"));
        let (name, workload) = split_workload(text, workloads)?;
        let metric = find_metric(name, limit)?;
        if !limit.is_empty() && metric.unit() != Unit::DollarsPerHour {
            return fail(format!("{metric} is not counted by the hour"), format!("write `{text}`"));
        }
        Ok((metric, workload))
    }

    /// A value in the metric's unit, for people: `99.93%`, `1.84 s`, `$3.21/h`.
    #[must_use]
    pub fn format(self, value: f64) -> String {
        let (sign, size) = (if value < 0.0 { "-" } else { "" }, value.abs());
        match self.unit() {
            // As many places as it takes to tell 99.99 from 99.999.
            Unit::Share if size > 0.995 && size < 1.0 => format!("{sign}{:.3}%", size * 100.0),
            Unit::Share => format!("{sign}{:.2}%", size * 100.0),
            Unit::Seconds if size < 1.0 => format!("{sign}{:.0} ms", size * 1e3),
            Unit::Seconds if size < 120.0 => format!("{sign}{size:.2} s"),
            Unit::Seconds => format!("{sign}{:.1} min", size / 60.0),
            Unit::Dollars => format!("{sign}${size:.2}"),
            Unit::DollarsPerHour => format!("{sign}${size:.2}/h"),
            Unit::Count if size.fract() == 0.0 => format!("{sign}{size:.0}"),
            Unit::Count => format!("{sign}{size:.3}"),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Ttft(percentile) = self {
            return write!(f, "ttft_p{percentile}");
        }
        let name = NAMES.iter().find(|(_, metric, hourly)| metric == self || *hourly == Some(*self));
        f.write_str(name.map_or("ttft", |(name, ..)| name))
    }
}

/// What is wrong with an expression, and what to write instead.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}; hint: {hint}")]
pub struct ObjectiveError {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

fn fail<T>(message: impl Into<String>, hint: impl Into<String>) -> Result<T, ObjectiveError> {
    Err(ObjectiveError { message: message.into(), hint: hint.into() })
}

impl Objective {
    /// Reads an expression; `workloads` are the names that may stand in brackets.
    ///
    /// # Errors
    /// What is wrong with it, and a hint.
    pub fn parse(expression: &str, workloads: &[&str]) -> Result<Self, ObjectiveError> {
        const SHAPE: &str = "write metric, comparison and limit, like \"availability >= 99.9%\"";
        let Some(at) = expression.find(['<', '>', '=', '!']) else {
            return fail(format!("`{expression}` compares nothing"), SHAPE);
        };
        let (left, rest) = expression.split_at(at);
        let sign = &rest[..rest.find(|c| !"<>=!".contains(c)).unwrap_or(rest.len())];
        let comparison = match sign {
            "<" => Comparison::Lt,
            "<=" => Comparison::Le,
            ">" => Comparison::Gt,
            ">=" => Comparison::Ge,
            other => return fail(format!("`{other}` is not a comparison"), "use <, <=, > or >="),
        };
        let (name, workload) = split_workload(left.trim(), workloads)?;
        let limit_text = rest[sign.len()..].trim();
        let metric = find_metric(name, limit_text)?;
        let limit = parse_limit(limit_text, metric)?;
        let greater = matches!(comparison, Comparison::Gt | Comparison::Ge);
        // A floor under a latency makes sense: it holds a model against a published range.
        let both_sides = matches!(metric, Metric::Ttft(_));
        if !both_sides && greater != metric.is_better_when_greater() {
            let turned = if greater { "<=" } else { ">=" };
            return fail(
                format!("`{name} {sign} …` promises the bad side of the limit"),
                format!("write `{} {turned} {limit_text}`", left.trim()),
            );
        }
        let expression = expression.trim().to_owned();
        Ok(Self { expression, metric, workload, comparison, limit })
    }

    /// Whether a measured value keeps the promise. What could not be measured (a percentile of no request) does not:
    /// a gate must not open because nothing came.
    #[must_use]
    pub fn met(&self, value: Option<f64>) -> bool {
        value.is_some_and(|value| match self.comparison {
            Comparison::Lt => value < self.limit,
            Comparison::Le => value <= self.limit,
            Comparison::Gt => value > self.limit,
            Comparison::Ge => value >= self.limit,
        })
    }

    /// How far a value is on the good side of the limit; negative on the bad side. In the metric's unit.
    #[must_use]
    pub fn margin(&self, value: f64) -> f64 {
        match self.comparison {
            Comparison::Lt | Comparison::Le => self.limit - value,
            Comparison::Gt | Comparison::Ge => value - self.limit,
        }
    }

    /// A value in the metric's unit, for people: `99.93%`, `1.84 s`, `$3.21/h`.
    #[must_use]
    pub fn format(&self, value: f64) -> String {
        self.metric.format(value)
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expression)
    }
}

/// `name[workload]` → name and workload.
fn split_workload<'e>(
    left: &'e str,
    workloads: &[&str],
) -> Result<(&'e str, Option<String>), ObjectiveError> {
    let Some((name, workload)) = left.split_once('[') else { return Ok((left, None)) };
    let Some(workload) = workload.strip_suffix(']') else {
        return fail(format!("`[` in `{left}` is not closed"), format!("write `{name}[workload]`"));
    };
    if !workloads.contains(&workload) {
        let hint = name_hint(workload, "workloads here", workloads.iter().copied());
        return fail(format!("no workload is called `{workload}`"), hint);
    }
    Ok((name.trim_end(), Some(workload.to_owned())))
}

fn find_metric(name: &str, limit: &str) -> Result<Metric, ObjectiveError> {
    if let Some(percentile) = name.strip_prefix("ttft_p") {
        return match percentile.parse::<f64>() {
            Ok(p) if p > 0.0 && p <= 100.0 => Ok(Metric::Ttft(p)),
            Ok(_) => fail(
                format!("there is no percentile {percentile}"),
                "percentiles are above 0 and at most 100: ttft_p50, ttft_p95, ttft_p99.9",
            ),
            Err(_) => fail(format!("`{name}` names no percentile"), "write ttft_p50, ttft_p95 or ttft_p99.9"),
        };
    }
    match NAMES.iter().find(|(known, ..)| *known == name) {
        Some((_, _, Some(hourly))) if limit.contains('/') => Ok(*hourly),
        Some((_, metric, _)) => Ok(*metric),
        None => fail(
            format!("no metric is called `{name}`"),
            name_hint(name, "metrics", NAMES.iter().map(|(known, ..)| *known)),
        ),
    }
}

fn parse_limit(text: &str, metric: Metric) -> Result<f64, ObjectiveError> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    let (value, what, example) = match metric.unit() {
        Unit::Share => {
            let share = text.strip_suffix('%').and_then(number);
            if let Some(percent) = share.filter(|&percent| percent > 100.0) {
                return fail(format!("`{percent}%` is more than everything"), "shares end at 100%");
            }
            // The nearest number to 99.9e-2, which 99.9 / 100 is not: a measured 0.999 must meet it.
            let exact = share.and_then(|percent| format!("{percent}e-2").parse().ok());
            (exact, "a percentage", if metric.is_better_when_greater() { "99.9%" } else { "20%" })
        }
        Unit::Seconds => match text.parse::<Span>() {
            Ok(span) => (Some(span.as_secs_f64()), "", ""),
            Err(error) => {
                let (message, hint) = split_hint(&error.to_string());
                let hint = hint.unwrap_or_else(|| "write it like 2s or 750ms".to_owned());
                return fail(format!("the limit `{text}` of {metric} is not a time: {message}"), hint);
            }
        },
        Unit::Dollars => {
            (text.strip_prefix('$').and_then(number), "an amount in dollars", "$5, or $5/h for each hour")
        }
        Unit::DollarsPerHour => {
            let amount =
                text.strip_prefix('$').and_then(|t| t.strip_suffix("/h").or(t.strip_suffix("/hour")));
            (amount.and_then(number), "an amount in dollars an hour", "$5/h")
        }
        Unit::Count => (number(text), "a plain number", "1.5"),
    };
    match value {
        Some(value) => Ok(value),
        None => {
            fail(format!("the limit `{text}` of {metric} is not {what}"), format!("write it like {example}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Objective {
        Objective::parse(text, &["cn-chat"]).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn expressions_give_metric_and_limit_in_base_units() {
        let cases = [
            ("availability >= 99.9%", Metric::Availability, 0.999),
            ("ttft_p95 <= 2s", Metric::Ttft(95.0), 2.0),
            ("ttft_p99.9 < 750ms", Metric::Ttft(99.9), 0.75),
            ("leak_share <= 20%", Metric::LeakShare, 0.2),
            ("avoidable_leak_share <= 1%", Metric::AvoidableLeakShare, 0.01),
            ("leak_premium <= $5/h", Metric::LeakPremiumPerHour, 5.0),
            ("leak_premium<=$40", Metric::LeakPremium, 40.0),
            ("cost <= $100", Metric::Cost, 100.0),
            ("cost <= $100/h", Metric::CostPerHour, 100.0),
            ("cost_premium <= $3/h", Metric::CostPremiumPerHour, 3.0),
            ("flip_share <= 5%", Metric::FlipShare, 0.05),
            ("flip_premium <= $1/h", Metric::FlipPremiumPerHour, 1.0),
            ("failed <= 100", Metric::Failed, 100.0),
            ("attempts_per_request <= 1.5", Metric::AttemptsPerRequest, 1.5),
            ("detection_lag_max <= 30s", Metric::DetectionLagMax, 30.0),
            ("failback_lag_max <= 2min", Metric::FailbackLagMax, 120.0),
        ];
        for (text, metric, limit) in cases {
            let objective = parse(text);
            assert_eq!((objective.metric, objective.workload.clone()), (metric, None), "{text}");
            assert!((objective.limit - limit).abs() < 1e-12, "{text}: {}", objective.limit);
            assert!(text.starts_with(&metric.to_string()), "{text} {metric}");
        }
        assert_eq!(parse("ttft_p99[cn-chat] <= 4s").workload.as_deref(), Some("cn-chat"));
    }

    #[test]
    fn a_metric_is_read_without_a_limit() {
        let parse = |text| Metric::parse(text, &["cn-chat"]);
        assert_eq!(parse("leak_premium"), Ok((Metric::LeakPremium, None)));
        assert_eq!(parse("leak_premium/h"), Ok((Metric::LeakPremiumPerHour, None)));
        assert_eq!(parse(" ttft_p99[cn-chat]"), Ok((Metric::Ttft(99.0), Some("cn-chat".to_owned()))));
        let hint = |text| parse(text).unwrap_err().hint;
        assert!(hint("leak_premum").contains("did you mean `leak_premium`?"));
        assert_eq!(hint("availability/h"), "write `availability`");
        assert!(hint("failed[cn]").contains("workloads here: cn-chat"));
    }

    #[test]
    fn margins_are_positive_on_the_good_side() {
        let up = parse("availability >= 99.9%");
        assert!(up.met(Some(0.999)) && !up.met(Some(0.998)) && !up.met(None));
        assert!(up.margin(0.9995) > 0.0 && up.margin(0.99) < 0.0);
        let down = parse("ttft_p95 < 2s");
        assert!(!down.met(Some(2.0)) && down.margin(3.0) < 0.0);
        assert_eq!(
            (up.format(0.99934), down.format(1.839), down.format(0.25)),
            ("99.934%".into(), "1.84 s".into(), "250 ms".into())
        );
        assert_eq!(parse("leak_premium <= $5/h").format(-3.214), "-$3.21/h");
        assert_eq!(parse("failed <= 100").format(12.0), "12");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text| Objective::parse(text, &["cn-chat"]).unwrap_err().to_string();
        assert!(error("availabilty >= 99%").contains("did you mean `availability`"));
        assert!(error("ttft_p0 <= 2s").contains("percentile 0"));
        assert!(error("ttft_p95 <= 2").contains("2s"), "{}", error("ttft_p95 <= 2"));
        assert!(error("availability >= 0.999").contains("99.9%"));
        assert!(error("leak_premium <= 5").contains("$5"));
        assert!(error("cost == $5").contains("<="));
        assert!(error("ttft_p95[cn-chta] <= 2s").contains("cn-chat"));
        assert!(error("availability <= 99%").contains(">="));
        assert!(error("fast").contains("availability >= 99.9%"));
    }
}

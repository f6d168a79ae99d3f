//! Numbers of two runs with their difference.

use std::collections::BTreeSet;

use sandbox_engine::output::Summary;
use sandbox_engine::output::summary::{FaultReport, Scope};
use sandbox_model::Usd;
use serde::{Serialize, Serializer};

use super::Of;
use crate::human;

/// A number of two runs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Number {
    /// What it is, in words.
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// In A; none if there was nothing to measure.
    pub a: Option<Quantity>,
    /// In B.
    pub b: Option<Quantity>,
    /// B less A.
    pub change: Option<Quantity>,
}

/// What a number counts.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Things.
    Count,
    /// 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// US dollars.
    Usd,
    /// One number over another.
    Ratio,
}

/// A number: exact if it counts things or money.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Quantity {
    /// Things.
    Count(i64),
    /// Money: a decimal string in JSON.
    Usd(Usd),
    /// All else.
    Real(f64),
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(n) => n.serialize(serializer),
            Self::Usd(usd) => usd.decimal().serialize(serializer),
            Self::Real(x) => x.serialize(serializer),
        }
    }
}

impl Quantity {
    fn less(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Count(b), Self::Count(a)) => Some(Self::Count(b.saturating_sub(a))),
            (Self::Usd(b), Self::Usd(a)) => Some(Self::Usd(b - a)),
            (Self::Real(b), Self::Real(a)) => Some(Self::Real(b - a)),
            _ => None,
        }
    }

    pub(crate) fn is_zero(self) -> bool {
        match self {
            Self::Count(n) => n == 0,
            Self::Usd(usd) => usd == Usd::ZERO,
            Self::Real(x) => x == 0.0,
        }
    }

    /// In words, as a difference with a sign, where a share is in points.
    pub(crate) fn show(self, unit: Unit, is_change: bool) -> String {
        let text = match (self, unit) {
            (Self::Count(n), _) => {
                let sign = if n < 0 { "-" } else { "" };
                format!("{sign}{}", human::count(n.unsigned_abs()))
            }
            (Self::Usd(usd), _) => human::dollars(usd.as_f64()),
            (Self::Real(x), Unit::Share) if is_change => format!("{} pp", human::percent(x)),
            (Self::Real(x), Unit::Share) => format!("{} %", human::percent(x)),
            (Self::Real(x), Unit::Seconds) => human::seconds(x),
            // Most requests have one attempt: what is above it is small.
            (Self::Real(x), _) => format!("{x:.3}"),
        };
        let is_more = match self {
            Self::Count(n) => n > 0,
            Self::Usd(usd) => usd > Usd::ZERO,
            Self::Real(x) => x > 0.0,
        };
        if is_change && is_more { format!("+{text}") } else { text }
    }
}

impl Number {
    fn new(name: &str, unit: Unit, a: Option<Quantity>, b: Option<Quantity>) -> Self {
        let change = a.zip(b).and_then(|(a, b)| b.less(a));
        Self { name: name.to_owned(), unit, a, b, change }
    }

    fn count(name: &str, a: u64, b: u64) -> Self {
        let count = |n: u64| Some(Quantity::Count(i64::try_from(n).unwrap_or(i64::MAX)));
        Self::new(name, Unit::Count, count(a), count(b))
    }

    fn usd(name: &str, a: &str, b: &str) -> Self {
        Self::new(name, Unit::Usd, money(a).map(Quantity::Usd), money(b).map(Quantity::Usd))
    }

    fn real(name: &str, unit: Unit, a: Option<f64>, b: Option<f64>) -> Self {
        Self::new(name, unit, a.map(Quantity::Real), b.map(Quantity::Real))
    }

    /// Whether both runs have the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.a == self.b
    }

    fn is_nothing(&self) -> bool {
        [self.a, self.b].into_iter().flatten().all(Quantity::is_zero)
    }

    /// The three in words.
    pub(crate) fn cells(&self) -> [String; 3] {
        let show = |quantity: Option<Quantity>, is_change| {
            quantity.map_or_else(|| "–".to_owned(), |quantity| quantity.show(self.unit, is_change))
        };
        [show(self.a, false), show(self.b, false), show(self.change, true)]
    }
}

/// Money of a summary, exactly: a decimal in dollars, without a sign of currency.
pub(super) fn money(decimal: &str) -> Option<Usd> {
    let text = match decimal.strip_prefix('-') {
        Some(size) => format!("-${size}"),
        None => format!("${decimal}"),
    };
    text.parse().ok()
}

/// The main numbers; those that are nothing in both are left out if most runs have none of them.
pub(super) fn of_runs(a: &Summary, b: &Summary) -> Vec<Number> {
    let (left, right) = (&a.requests, &b.requests);
    let avoidable =
        |summary: &Summary| summary.leak.by_cause.values().map(|line| line.avoidable_requests).sum();
    let per_request = |summary: &Summary| {
        let arrived = summary.requests.arrived;
        (arrived > 0).then(|| summary.attempts.total as f64 / arrived as f64)
    };
    let always = [
        Number::count("requests arrived", left.arrived, right.arrived),
        Number::count("served by plan", left.served_by_plan, right.served_by_plan),
        Number::count("leaked", left.leaked, right.leaked),
        Number::count("leaked avoidably", avoidable(a), avoidable(b)),
        Number::count("not served", left.failed + left.shed, right.failed + right.shed),
        Number::real("leak share", Unit::Share, a.leak.share, b.leak.share),
        Number::real("avoidable share", Unit::Share, a.leak.avoidable_share, b.leak.avoidable_share),
        Number::real("TTFT p50", Unit::Seconds, a.ttft_s.p50, b.ttft_s.p50),
        Number::real("TTFT p95", Unit::Seconds, a.ttft_s.p95, b.ttft_s.p95),
        Number::real("TTFT p99", Unit::Seconds, a.ttft_s.p99, b.ttft_s.p99),
        Number::usd("cost", &a.cost_usd.total, &b.cost_usd.total),
        Number::usd("cost against calm weather", &a.cost_usd.premium, &b.cost_usd.premium),
        Number::usd("leak against plan's price", &a.leak.premium_usd, &b.leak.premium_usd),
        Number::real("attempts per request", Unit::Ratio, per_request(a), per_request(b)),
    ];
    let some = [
        Number::count("in flight at the end", left.in_flight, right.in_flight),
        Number::count("retries", a.attempts.retries, b.attempts.retries),
        Number::count("fallbacks", a.attempts.fallbacks, b.attempts.fallbacks),
        Number::count("hedges", a.attempts.hedges, b.attempts.hedges),
        Number::usd("wasted", &a.cost_usd.wasted, &b.cost_usd.wasted),
        Number::usd("fees", &a.cost_usd.fees, &b.cost_usd.fees),
        Number::count("tier flips", a.flips.requests, b.flips.requests),
        Number::usd("tier flips, above calm", &a.flips.premium_usd, &b.flips.premium_usd),
        Number::real("slowest detection", Unit::Seconds, slowest(a, detection), slowest(b, detection)),
        Number::real("slowest failback", Unit::Seconds, slowest(a, failback), slowest(b, failback)),
    ];
    always.into_iter().chain(some.into_iter().filter(|number| !number.is_nothing())).collect()
}

fn detection(fault: &FaultReport) -> Option<f64> {
    fault.detection_lag_s
}

fn failback(fault: &FaultReport) -> Option<f64> {
    fault.failback_lag_s
}

fn slowest(summary: &Summary, lag: fn(&FaultReport) -> Option<f64>) -> Option<f64> {
    summary.faults.iter().filter_map(lag).reduce(f64::max)
}

/// Leaked requests of the causes that differ.
pub(super) fn by_cause(a: &Summary, b: &Summary) -> Vec<Number> {
    let of =
        |summary: &Summary, cause: &str| summary.leak.by_cause.get(cause).map_or(0, |line| line.requests);
    let causes: BTreeSet<&String> = a.leak.by_cause.keys().chain(b.leak.by_cause.keys()).collect();
    let numbers = causes.into_iter().map(|cause| Number::count(cause, of(a, cause), of(b, cause)));
    numbers.filter(|number| !number.is_same()).collect()
}

/// What differs by workload, where there is more than one.
pub(super) fn by_workload(a: &Summary, b: &Summary) -> Vec<Of> {
    let names: BTreeSet<&String> = a.workloads.keys().chain(b.workloads.keys()).collect();
    if names.len() < 2 {
        return Vec::new();
    }
    let none = Scope::default();
    let of = |name: &String| {
        let a = a.workloads.get(name).unwrap_or(&none);
        let b = b.workloads.get(name).unwrap_or(&none);
        let numbers = [
            Number::count("arrived", a.requests.arrived, b.requests.arrived),
            Number::count("leaked", a.requests.leaked, b.requests.leaked),
            Number::count(
                "not served",
                a.requests.failed + a.requests.shed,
                b.requests.failed + b.requests.shed,
            ),
            Number::real("TTFT p95", Unit::Seconds, a.ttft_s.p95, b.ttft_s.p95),
            Number::usd("cost", &a.cost_usd.total, &b.cost_usd.total),
        ];
        let numbers = numbers.into_iter().filter(|number| !number.is_same()).collect();
        Of { workload: name.clone(), numbers }
    };
    names.into_iter().map(of).filter(|of| !of.numbers.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_to_the_pico_dollar() {
        for decimal in ["0", "3.52", "-0.000000000001", "1234567.89", "-17"] {
            assert_eq!(money(decimal).map(Usd::decimal).as_deref(), Some(decimal));
        }
        assert_eq!(money("1.0000000000001"), None);
        assert_eq!(money("much"), None);
        assert_eq!(money("-"), None);
        let number = Number::usd("cost", "0.1", "0.3");
        assert_eq!(number.change, Some(Quantity::Usd(Usd::from_pico(200_000_000_000))));
    }

    #[test]
    fn what_is_unknown_has_no_difference() {
        let number = Number::real("TTFT p95", Unit::Seconds, None, Some(1.5));
        assert_eq!(number.cells(), ["–", "1.5s", "–"]);
        let number = Number::real("leak share", Unit::Share, Some(0.5), Some(0.25));
        assert_eq!(number.cells(), ["50.0 %", "25.0 %", "-25.0 pp"]);
        assert_eq!(Number::count("leaked", 5, 1_005).cells(), ["5", "1,005", "+1,000"]);
    }
}

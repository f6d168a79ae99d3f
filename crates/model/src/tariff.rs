//! What tokens cost at each time: rates per token class, dearer ones for long prompts, and when they switch.
//!
//! All of it is in whole pico-dollars a token. What is multiplied by a [`Factor`] is rounded half to even, once.

use std::sync::Arc;

use sandbox_core::Time;

use crate::money::{Price, Usd};
use crate::quantity::Tokens;

/// `numerator / denominator`, rounded half to even; both are zero or more, and the denominator is not zero.
pub(crate) const fn half_even(numerator: i128, denominator: i128) -> i128 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let twice = rest * 2;
    whole + (twice > denominator || (twice == denominator && whole % 2 == 1)) as i128
}

/// What a price or an amount is multiplied by, in millionths.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Factor(u64);

impl Factor {
    /// Changes nothing.
    pub const ONE: Self = Self(1_000_000);

    /// The nearest millionth; nothing for what is negative or no number.
    #[must_use]
    pub fn from_f64(factor: f64) -> Self {
        Self((factor * 1e6 + 0.5) as u64)
    }

    /// Rounded half to even to the pico-dollar a token.
    #[must_use]
    pub fn of_price(self, price: Price) -> Price {
        let pico = half_even(i128::from(price.pico_per_token()) * i128::from(self.0), 1_000_000);
        Price::from_pico_per_token(u64::try_from(pico).unwrap_or(u64::MAX))
    }

    /// Rounded half to even to the pico-dollar; nothing of a negative amount.
    #[must_use]
    pub fn of(self, amount: Usd) -> Usd {
        Usd::from_pico(half_even(amount.pico().max(0) * i128::from(self.0), 1_000_000))
    }
}

/// Prices by class of token.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Rates {
    /// Prompt tokens that no cache held.
    pub input: Price,
    /// Prompt tokens that were read from a cache.
    pub cached: Price,
    /// Answer tokens.
    pub output: Price,
}

impl Rates {
    /// What a request costs with `input` prompt tokens, `cached` of them from a cache, and `output` answer tokens.
    #[must_use]
    pub fn bill(&self, input: u32, cached: u32, output: u32) -> Usd {
        let tokens = |n: u32| Tokens(u64::from(n));
        let cached = cached.min(input);
        self.input.of(tokens(input - cached))
            + self.cached.of(tokens(cached))
            + self.output.of(tokens(output))
    }

    /// Each price multiplied.
    #[must_use]
    pub fn times(&self, factor: Factor) -> Self {
        let of = |price| factor.of_price(price);
        Self { input: of(self.input), cached: of(self.cached), output: of(self.output) }
    }
}

/// Other rates for the whole request once its prompt is longer than this.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PriceStep {
    /// Prompt tokens; exactly so many are not yet above it.
    pub above: u32,
    /// The rates of the whole request.
    pub rates: Rates,
}

/// The prices of one stretch of time.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PriceTable {
    /// Rates of a prompt that is above no step.
    pub base: Rates,
    /// Steps, lowest first.
    pub steps: Vec<PriceStep>,
}

impl PriceTable {
    /// The rates of a request with a prompt of `input` tokens, cached ones included.
    #[inline]
    #[must_use]
    pub fn rates(&self, input: u32) -> Rates {
        self.steps.iter().rev().find(|step| input > step.above).map_or(self.base, |step| step.rates)
    }

    /// Each price multiplied.
    #[must_use]
    pub fn times(&self, factor: Factor) -> Self {
        let step = |step: &PriceStep| PriceStep { above: step.above, rates: step.rates.times(factor) };
        Self { base: self.base.times(factor), steps: self.steps.iter().map(step).collect() }
    }
}

/// Prices over a scenario. Copies share them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tariff {
    tables: Arc<[PriceTable]>,
    /// From when on which table holds, in order of time; the first from the start.
    switches: Arc<[(Time, u16)]>,
}

impl Tariff {
    /// The same prices at all times.
    #[must_use]
    pub fn constant(table: PriceTable) -> Self {
        Self { tables: Arc::new([table]), switches: Arc::new([(Time::ZERO, 0)]) }
    }

    /// Prices that switch to `tables[index]` at each `(time, index)`.
    ///
    /// # Panics
    /// Unless the first switch is at the start, times grow, and there are such tables.
    #[must_use]
    pub fn new(tables: Vec<PriceTable>, switches: Vec<(Time, u16)>) -> Self {
        assert!(switches.first().is_some_and(|(at, _)| *at == Time::ZERO), "a tariff holds from the start");
        assert!(switches.windows(2).all(|pair| pair[0].0 < pair[1].0), "switches are in order of time");
        assert!(switches.iter().all(|(_, table)| usize::from(*table) < tables.len()), "each has its table");
        Self { tables: tables.into(), switches: switches.into() }
    }

    /// When prices switch, the start included.
    #[must_use]
    pub fn switches(&self) -> &[(Time, u16)] {
        &self.switches
    }

    /// Whether prices ever switch.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.switches.len() > 1
    }

    /// The prices at a time: a switch at that very time has happened.
    #[inline]
    #[must_use]
    pub fn at(&self, now: Time) -> &PriceTable {
        let index = match &self.switches[..] {
            [(_, only)] => *only,
            // The first switch is at the start, so at least one is not after now.
            switches => switches[switches.partition_point(|(at, _)| *at <= now).max(1) - 1].1,
        };
        &self.tables[usize::from(index)]
    }
}

#[cfg(test)]
mod tests {
    use sandbox_core::Span;

    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    fn rates(input: &str, cached: &str, output: &str) -> Rates {
        Rates { input: price(input), cached: price(cached), output: price(output) }
    }

    #[test]
    fn cached_tokens_have_their_own_price() {
        let rates = rates("$0.435/M", "$0.003625/M", "$0.87/M");
        // 700 x 435_000 + 300 x 3_625 + 51 x 870_000 pico-dollars.
        assert_eq!(rates.bill(1_000, 300, 51).pico(), 304_500_000 + 1_087_500 + 44_370_000);
        assert_eq!(rates.bill(10, 99, 0), rates.bill(10, 10, 0), "no more is cached than there is");
    }

    #[test]
    fn a_factor_rounds_half_to_even() {
        let half = Factor::from_f64(0.5);
        let scaled = |pico| half.of_price(Price::from_pico_per_token(pico)).pico_per_token();
        assert_eq!([scaled(1), scaled(2), scaled(3), scaled(5), scaled(3_625)], [0, 1, 2, 2, 1_812]);
        assert_eq!(Factor::from_f64(0.055), Factor(55_000));
        assert_eq!(Factor::from_f64(1.0), Factor::ONE);
        assert_eq!(Factor::from_f64(0.000_000_4), Factor(0));
        assert_eq!(Factor::from_f64(0.055).of(Usd::from_pico(100)).pico(), 6, "5.5 is even at 6");
        assert_eq!(Factor::from_f64(0.045).of(Usd::from_pico(100)).pico(), 4, "4.5 is even at 4");
    }

    #[test]
    fn a_step_prices_the_whole_request_strictly_above_it() {
        let (low, mid, high) =
            (rates("$3/M", "$0.3/M", "$15/M"), rates("$6/M", "$0.6/M", "$22.5/M"), Rates::default());
        let table = PriceTable {
            base: low,
            steps: vec![PriceStep { above: 200_000, rates: mid }, PriceStep { above: 500_000, rates: high }],
        };
        assert_eq!(table.rates(200_000), low);
        assert_eq!(table.rates(200_001), mid);
        assert_eq!(table.rates(500_000), mid);
        assert_eq!(table.rates(500_001), high);
        assert_eq!(table.times(Factor::from_f64(2.0)).rates(200_000).input, price("$6/M"));
    }

    #[test]
    fn a_switch_holds_from_its_very_time_on() {
        let table = |text| PriceTable { base: rates(text, text, text), steps: Vec::new() };
        let at = |minutes| Time::ZERO + Span::from_mins(minutes);
        let tariff =
            Tariff::new(vec![table("$1/M"), table("$2/M")], vec![(Time::ZERO, 0), (at(60), 1), (at(120), 0)]);
        let input = |now| tariff.at(now).base.input;
        assert_eq!(input(Time::ZERO), price("$1/M"));
        assert_eq!(input(Time::from_nanos(at(60).as_nanos() - 1)), price("$1/M"));
        assert_eq!([input(at(60)), input(at(119)), input(at(120))], ["$2/M", "$2/M", "$1/M"].map(price));
        assert!(tariff.moves() && !Tariff::constant(table("$1/M")).moves());
    }
}

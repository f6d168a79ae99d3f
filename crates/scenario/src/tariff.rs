//! Price lists over a scenario: currencies become dollars, windows become switches.

use sandbox_core::{Span, Time};
use sandbox_model::{Currency, Factor, Price, PriceStep, PriceTable, QuotedPrice, Rates, Tariff, Usd};

use crate::clock::{WallClock, Zone};
use crate::file::{CurrencyRate, Day, LongPrompt, PriceList, PriceWindow, Scenario};

/// When a window is open: nanoseconds from the start of the scenario, half-open, in order; from the day before the
/// start on and for `span` at least.
pub(crate) fn openings(
    window: &PriceWindow,
    zone: &Zone,
    start: &WallClock,
    span: Span,
) -> Vec<(i128, i128)> {
    let nanos = |clock: &Option<WallClock>| clock.as_ref().map(|clock| start.nanos_to(clock));
    let (since, before) =
        (nanos(&window.since).unwrap_or(i128::MIN), nanos(&window.before).unwrap_or(i128::MAX));
    let mut openings = Vec::new();
    let days = span.as_nanos() / Span::from_hours(24).as_nanos() + 4;
    let Ok(mut date) = start.date_in(zone).yesterday() else { return openings };
    for _ in 0..days {
        let Ok(tomorrow) = date.tomorrow() else { break };
        let day = Day::ALL[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)];
        let last = if window.until > window.from { date } else { tomorrow };
        if let (true, Some(from), Some(until)) = (
            window.days.contains(&day),
            start.nanos_until(zone, date, window.from),
            start.nanos_until(zone, last, window.until),
        ) {
            let (from, until) = (from.max(since), until.min(before));
            if from < until {
                openings.push((from, until));
            }
        }
        date = tomorrow;
    }
    openings
}

/// The rate of a currency; `None` if nobody gave one.
pub(crate) fn rate(currencies: &[CurrencyRate], currency: Currency) -> Option<Usd> {
    let dollar = (currency == Currency::USD).then(|| Usd::from_pico(1_000_000_000_000));
    dollar.or_else(|| currencies.iter().find(|rate| rate.code == currency).map(|rate| rate.usd))
}

/// A checked price in dollars.
pub(crate) fn in_usd(currencies: &[CurrencyRate], price: &QuotedPrice) -> Price {
    price.at_rate(rate(currencies, price.currency()).unwrap_or(Usd::ZERO))
}

/// A checked price list over a scenario.
pub(crate) fn tariff(scenario: &Scenario, list: &PriceList) -> Tariff {
    let currencies = &scenario.currencies;
    let base = table(
        currencies,
        [&list.input, list.cached.as_ref().unwrap_or(&list.input), &list.output],
        &list.steps,
    );
    if list.windows.is_empty() {
        return Tariff::constant(base);
    }
    let mut tables = vec![base];
    let mut opened = Vec::new();
    for (index, window) in list.windows.iter().enumerate() {
        tables.push(match &window.price {
            Some(p) => {
                table(currencies, [&p.input, p.cached.as_ref().unwrap_or(&p.input), &p.output], &p.steps)
            }
            None => tables[0].times(Factor::from_f64(window.factor.unwrap_or(1.0))),
        });
        if let Ok(zone) = window.zone.parse() {
            let openings = openings(window, &zone, &scenario.start, scenario.duration);
            opened.extend(openings.into_iter().map(|(from, until)| (from, until, index as u16 + 1)));
        }
    }
    opened.sort_unstable();
    let end = i128::from(scenario.duration.as_nanos());
    let mut switches = vec![(Time::ZERO, 0)];
    let mut switch = |at: i128, table: u16| {
        let at = Time::from_nanos(u64::try_from(at.max(0)).unwrap_or(u64::MAX));
        if switches.last().is_some_and(|&(last, _)| last == at) {
            switches.pop();
        }
        switches.push((at, table));
    };
    for (from, until, table) in opened {
        if until > 0 && from < end {
            switch(from, table);
            if until < end {
                switch(until, 0);
            }
        }
    }
    switches.dedup_by_key(|(_, table)| *table);
    Tariff::new(tables, switches)
}

fn table(
    currencies: &[CurrencyRate],
    [input, cached, output]: [&QuotedPrice; 3],
    steps: &[LongPrompt],
) -> PriceTable {
    let rates = |[input, cached, output]: [&QuotedPrice; 3]| Rates {
        input: in_usd(currencies, input),
        cached: in_usd(currencies, cached),
        output: in_usd(currencies, output),
    };
    let steps = steps.iter().map(|step| PriceStep {
        above: step.above,
        rates: rates([&step.input, step.cached.as_ref().unwrap_or(&step.input), &step.output]),
    });
    PriceTable { base: rates([input, cached, output]), steps: steps.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "2026-11-18 00:00 UTC";

    fn list(windows: &str) -> PriceList {
        let text = format!("(input: \"$2/M\", output: \"$8/M\", windows: [{windows}])");
        crate::read::options().from_str(&text).unwrap()
    }

    /// When input prices switch, as `day hour:minute price`, for a week from a Wednesday at midnight UTC.
    fn switches(start: &str, windows: &str) -> Vec<String> {
        let text = format!(
            r#"(name: "w", start: "{start}", duration: "7d", providers: [], endpoints: [], routers: [], workloads: [])"#
        );
        let scenario: Scenario = crate::read::options().from_str(&text).unwrap();
        let tariff = tariff(&scenario, &list(windows));
        let show = |&(at, _): &(Time, u16)| {
            let minutes = at.as_nanos() / 60_000_000_000;
            let (day, hour, minute) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
            format!("{day} {hour:02}:{minute:02} {}", tariff.at(at).base.input)
        };
        tariff.switches().iter().map(show).collect()
    }

    #[test]
    fn a_window_over_midnight_is_open_at_the_start() {
        // DeepSeek's scheme of 2025.
        let seen = switches(START, r#"(from: "16:30", until: "00:30", factor: 0.5)"#);
        assert_eq!(seen[..4], ["0 00:00 $1/M", "0 00:30 $2/M", "0 16:30 $1/M", "1 00:30 $2/M"]);
        assert_eq!(seen.len(), 1 + 2 * 7);
    }

    #[test]
    fn weekends_are_off_peak_and_the_day_is_the_one_on_which_a_window_begins() {
        // DeepSeek's scheme of Aug 2026: the list price is the off-peak one, and peaks are twice that.
        let days = "days: [Mon, Tue, Wed, Thu, Fri]";
        let peaks = format!(
            r#"(from: "01:00", until: "04:00", {days}, factor: 2.0), (from: "06:00", until: "10:00", {days}, factor: 2.0)"#
        );
        let seen = switches(START, &peaks);
        assert_eq!(
            seen[..5],
            ["0 00:00 $2/M", "0 01:00 $4/M", "0 04:00 $2/M", "0 06:00 $4/M", "0 10:00 $2/M"]
        );
        // Wednesday, Thursday, Friday; then Monday and Tuesday.
        assert_eq!(seen[12..15], ["2 10:00 $2/M", "5 01:00 $4/M", "5 04:00 $2/M"]);
        let friday = switches(START, r#"(from: "22:00", until: "02:00", days: [Fri], factor: 2.0)"#);
        assert_eq!(friday, ["0 00:00 $2/M", "2 22:00 $4/M", "3 02:00 $2/M"]);
    }

    #[test]
    fn a_scheme_begins_and_ends() {
        let window = r#"(from: "00:00", until: "00:00", days: [Wed, Thu, Fri], before: "2026-11-20 12:00 UTC", factor: 0.5),
            (from: "00:00", until: "00:00", since: "2026-11-20 12:00 UTC", price: (input: "$7/M", output: "$9/M"))"#;
        assert_eq!(switches(START, window), ["0 00:00 $1/M", "2 12:00 $7/M"]);
    }

    #[test]
    fn windows_follow_the_clocks_of_their_zone() {
        // New York puts its clocks back on 1 Nov 2026, after midnight: the same local hour is an hour later in UTC.
        let window = r#"(from: "09:00", until: "10:00", zone: "America/New_York", factor: 2.0)"#;
        let seen = switches("2026-10-31 00:00 UTC", window);
        assert_eq!(seen[1..5], ["0 13:00 $4/M", "0 14:00 $2/M", "1 14:00 $4/M", "1 15:00 $2/M"]);
    }
}

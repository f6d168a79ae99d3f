//! Arrival processes against what is known of them.
//!
//! Tolerances are 99.9 % intervals: 3.29 standard deviations where theory gives one, and 3.88 standard errors where it
//! is estimated from 20 replications (Student's t, 19 degrees of freedom).

use sandbox_core::{Seed, Span, Time};
use sandbox_model::{Curve, Steps};
use sandbox_providers::arrivals::{Bursts, Clients, Gap, Pace, Renewal};

const T_19: f64 = 3.88;

/// Mean and standard error of replications.
fn summary(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

fn times(mut renewal: Renewal, seed: u64, end: Time) -> Vec<Time> {
    let mut stream = Seed::new(seed).stream("arrivals");
    let mut at = Time::ZERO;
    std::iter::from_fn(|| {
        at = renewal.next(at, end, &mut stream)?;
        Some(at)
    })
    .collect()
}

#[test]
fn renewal_arrivals_have_their_rate_and_their_spread() {
    let end = Time::ZERO + Span::from_secs(1_000);
    for cv in [0.5, 1.0, 3.0_f64] {
        for gap in [Gap::gamma(cv).unwrap(), Gap::weibull(cv).unwrap()] {
            let (mut counts, mut squares) = (Vec::new(), Vec::new());
            for seed in 0..20 {
                let at = times(Renewal::new(gap, Pace::Constant(20.0)), seed, end);
                counts.push(at.len() as f64);
                let gaps = at.windows(2).map(|pair| 20.0 * pair[1].since(pair[0]).as_secs_f64());
                squares.push(gaps.map(|gap| gap * gap).sum::<f64>() / (at.len() - 1) as f64);
            }
            // In the steady state the mean count is exact, from the first second on.
            let (mean, error) = summary(&counts);
            assert!((mean - 20_000.0).abs() < T_19 * error, "{gap:?}: {mean} +- {error}");
            // The mean square of gaps of mean 1 is 1 + cv². Counting up to a fixed end favours short gaps by cv²/n,
            // a ten-thousandth.
            let (mean, error) = summary(&squares);
            assert!((mean - 1.0 - cv * cv).abs() < T_19 * error + 1e-3, "{gap:?}: {mean} +- {error}");
        }
    }
}

#[test]
fn the_first_gap_does_not_know_the_start() {
    // Without the steady state, Gamma of CV 5 has (25 - 1) / 2 = 12 arrivals too many soon after the start.
    let end = Time::ZERO + Span::from_secs(2);
    for gap in [Gap::gamma(5.0).unwrap(), Gap::weibull(5.0).unwrap()] {
        let counts: Vec<f64> = (0..4_000)
            .map(|seed| times(Renewal::new(gap, Pace::Constant(5.0)), seed, end).len() as f64)
            .collect();
        let (mean, error) = summary(&counts);
        assert!((mean - 10.0).abs() < 3.29 * error && error < 0.5, "{mean} +- {error}");
    }
}

#[test]
fn the_time_change_is_exact() {
    // The same draws at rate 1 and at 1 + t / 3600 s: the integral of the rate up to an arrival is the arrival at rate 1.
    let end = Time::ZERO + Span::from_hours(1);
    let gap = Gap::gamma(2.0).unwrap();
    let plain = times(Renewal::new(gap, Pace::Constant(1.0)), 4, end);
    let curve = Curve::new(Span::from_mins(30), vec![1.0, 1.5, 2.0]);
    let bent = times(Renewal::new(gap, Pace::from(curve)), 4, end);
    let steps = Steps::new(vec![(Time::ZERO, 2.0), (Time::ZERO + Span::from_mins(20), 0.5)]);
    let jumping = times(Renewal::new(gap, Pace::Steps(steps)), 4, end);
    assert!(plain.len() > 2_000 && bent.len() > plain.len());
    for (k, one) in plain.iter().enumerate() {
        // A gap is rounded to the nanosecond, and so may the sum of k of them be off.
        let slack = (k + 2) as f64 * 4e-9;
        let near =
            |integral: f64| assert!((integral - one.as_secs_f64()).abs() < slack, "{k}: {integral} {one}");
        let t = bent[k].as_secs_f64();
        near(t + t * t / 7_200.0);
        let Some(t) = jumping.get(k).map(|t| t.as_secs_f64()) else { continue };
        near(if t < 1_200.0 { 2.0 * t } else { 2_400.0 + 0.5 * (t - 1_200.0) });
    }
}

#[test]
fn bursts_have_their_rate_and_their_memory_stays_small() {
    let end = Time::ZERO + Span::from_hours(5);
    let (rate, pace, lasting) = (2.57, 12.2, Span::from_millis(7_600));
    let (mut counts, mut live) = (Vec::new(), 0);
    for seed in 0..20 {
        let mut bursts = Bursts::new(Pace::Constant(rate), pace, lasting);
        let mut stream = Seed::new(seed).stream("arrivals");
        let (mut count, mut last) = (0, Time::ZERO);
        while let Some((at, _)) = bursts.next(end, &mut stream) {
            assert!(at >= last && at < end);
            (count, last, live) = (count + 1, at, live.max(bursts.live()));
        }
        counts.push(f64::from(count));
    }
    let (mean, error) = summary(&counts);
    assert!((mean - rate * 18_000.0).abs() < T_19 * error, "{mean} +- {error}");
    // 0.21 live at a time on average, Poisson: 8 or more at any of some ten thousand instants has a chance of 1e-6.
    assert!((2..8).contains(&live), "{live}");
}

#[test]
fn clients_send_by_weight_and_do_not_move_each_other() {
    let end = Time::ZERO + Span::from_hours(2);
    let zipf: Vec<f64> = (1..=1_000).map(|k| libm::pow(f64::from(k), -1.1)).collect();
    let cv = 2.0;
    let all = |weights: &[f64], rate: f64| {
        let noise = Seed::new(1).noise("gaps");
        let mut clients = Clients::new(Gap::gamma(cv).unwrap(), Pace::Constant(rate), weights, noise);
        let sent: Vec<(Time, u32)> = std::iter::from_fn(|| clients.next(end)).collect();
        assert!(sent.is_sorted());
        sent
    };
    let sent = all(&zipf, 40.0);
    let total = 40.0 * 7_200.0;
    let sum: f64 = zipf.iter().sum();
    for top in [1, 10, 1_000] {
        let expected = total * zipf[..top].iter().sum::<f64>() / sum;
        let count = sent.iter().filter(|(_, client)| (*client as usize) < top).count() as f64;
        // Of a renewal process' count the variance is cv² times the mean.
        assert!((count - expected).abs() < 3.29 * cv * expected.sqrt(), "top {top}: {count} {expected}");
    }
    // Another client, and as much more traffic.
    let of =
        |sent: &[(Time, u32)], client| sent.iter().filter(|s| s.1 == client).map(|s| s.0).collect::<Vec<_>>();
    let (two, three) = (all(&[1.0, 1.0], 2.0), all(&[1.0, 1.0, 1.0], 3.0));
    assert_eq!(of(&two, 0), of(&three, 0));
    assert_eq!(of(&two, 1), of(&three, 1));
    assert!(of(&three, 2).len() > 5_000);
}

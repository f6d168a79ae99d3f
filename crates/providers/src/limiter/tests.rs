//! Limits, worked out by hand.

use super::*;

fn at(seconds: f64) -> Time {
    Time::ZERO + Span::try_from_secs_f64(seconds).unwrap()
}

fn spec() -> LimitSpec {
    LimitSpec::default()
}

/// Two error messages of Groq, quoted in public issues: "Limit 15000, Used 11972, Requested 4351. Please try
/// again in 5.289s", and "Used 11390 … 2.961s". Both are continuous refill, within 5 ms.
#[test]
fn waits_agree_with_the_messages_that_groq_sends() {
    for (used, stated) in [(11_972, 5.289), (11_390, 2.961)] {
        let mut limiter = Limiter::new(LimitSpec { tpm: Some(15_000), ..spec() });
        limiter.take(Time::ZERO, Ask::tokens(used)).unwrap();
        let refusal = limiter.take(Time::ZERO, Ask::tokens(4_351)).unwrap_err();
        assert_eq!(refusal.limit, LimitKind::Tokens);
        let wait = refusal.wait.unwrap();
        assert!((wait.as_secs_f64() - stated).abs() < 0.005, "{wait}");
        assert!(limiter.take(Time::ZERO + (wait - Span::from_nanos(1)), Ask::tokens(4_351)).is_err());
        assert!(limiter.take(Time::ZERO + wait, Ask::tokens(4_351)).is_ok());
    }
}

/// SiliconFlow's rule (T37 of the decision vectors): the first limit reached wins, for the account as a whole.
#[test]
fn the_first_limit_reached_refuses() {
    let mut limiter = Limiter::new(LimitSpec { rpm: Some(20), tpm: Some(2_000), ..spec() });
    for _ in 0..20 {
        limiter.take(Time::ZERO, Ask::tokens(90)).unwrap();
    }
    let refusal = limiter.take(Time::ZERO, Ask::tokens(90)).unwrap_err();
    assert_eq!(refusal, Refusal { limit: LimitKind::Requests, key: "rpm", wait: Some(Span::from_secs(3)) });
    let mut limiter = Limiter::new(LimitSpec { rpm: Some(30), tpm: Some(2_000), ..spec() });
    for _ in 0..20 {
        limiter.take(Time::ZERO, Ask::tokens(100)).unwrap();
    }
    assert_eq!(limiter.take(Time::ZERO, Ask::tokens(100)).unwrap_err().limit, LimitKind::Tokens);
}

#[test]
fn a_request_beyond_the_whole_allowance_has_no_wait() {
    let mut limiter = Limiter::new(LimitSpec { tpm: Some(1_000), ..spec() });
    assert_eq!(limiter.take(Time::ZERO, Ask::tokens(1_001)).unwrap_err().wait, None);
    limiter.take(Time::ZERO, Ask::tokens(1_000)).unwrap();
}

#[test]
fn windows_come_back_at_full_minutes() {
    let mut limiter = Limiter::new(LimitSpec { rpm: Some(1), refill: Refill::Window, ..spec() });
    limiter.take(at(59.0), Ask::tokens(1)).unwrap();
    assert_eq!(limiter.take(at(59.5), Ask::tokens(1)).unwrap_err().wait, Some(Span::from_millis(500)));
    limiter.take(at(60.0), Ask::tokens(1)).unwrap();
    assert!(limiter.take(at(119.9), Ask::tokens(1)).is_err());
}

#[test]
fn requests_in_flight_are_limited_until_released() {
    let mut limiter = Limiter::new(LimitSpec { concurrency: Some(2), ..spec() });
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    assert_eq!(limiter.take(Time::ZERO, Ask::tokens(1)).unwrap_err().limit, LimitKind::Concurrency);
    limiter.release(Time::ZERO, Ask::tokens(1), Used::default());
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
}

#[test]
fn a_spike_shrinks_every_limit_and_its_end_restores_them() {
    let mut limiter = Limiter::new(LimitSpec { rpm: Some(10), concurrency: Some(4), ..spec() });
    limiter.set_scale(Time::ZERO, 0.5);
    for _ in 0..2 {
        limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    }
    assert_eq!(limiter.take(Time::ZERO, Ask::tokens(1)).unwrap_err().limit, LimitKind::Concurrency);
    limiter.release(Time::ZERO, Ask::tokens(1), Used::default());
    limiter.release(Time::ZERO, Ask::tokens(1), Used::default());
    for _ in 0..3 {
        limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
        limiter.release(Time::ZERO, Ask::tokens(1), Used::default());
    }
    // Five of ten a minute are gone; at half the limit the next takes 12 s.
    let refusal = limiter.take(Time::ZERO, Ask::tokens(1)).unwrap_err();
    assert_eq!(refusal, Refusal { limit: LimitKind::Requests, key: "rpm", wait: Some(Span::from_secs(12)) });
    limiter.set_scale(Time::ZERO, 1.0);
    assert!(limiter.take(at(6.0), Ask::tokens(1)).is_ok());
    limiter.set_scale(at(6.0), 0.0);
    assert!(limiter.take(at(600.0), Ask::tokens(1)).is_err(), "a limit scaled to nothing lets nothing in");
}

/// OpenAI: 60,000 requests a minute may be enforced as 1,000 a second. Anthropic: 60 a minute as one a second.
#[test]
fn a_minutes_allowance_can_be_enforced_by_the_second() {
    let second = Span::from_secs(1);
    for refill in [Refill::Continuous, Refill::Window] {
        let mut limiter = Limiter::new(LimitSpec { rpm: Some(60_000), quantum: second, refill, ..spec() });
        let taken = |limiter: &mut Limiter, now| {
            std::iter::repeat_with(|| limiter.take(now, Ask::tokens(1))).take_while(Result::is_ok).count()
        };
        assert_eq!(taken(&mut limiter, Time::ZERO), 1_000);
        let half = if refill == Refill::Window { 0 } else { 500 };
        assert_eq!(taken(&mut limiter, at(0.5)), half);
        assert_eq!(taken(&mut limiter, at(1.0)), 1_000 - half);
        assert_eq!(taken(&mut limiter, at(60.0)), 1_000);
    }
    let mut limiter = Limiter::new(LimitSpec { rpm: Some(60), quantum: second, ..spec() });
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    assert_eq!(limiter.take(at(0.25), Ask::tokens(1)).unwrap_err().wait, Some(Span::from_millis(750)));
}

#[test]
fn what_is_more_than_a_quantum_holds_needs_a_full_bucket_and_is_paid_off() {
    // 6,000 a minute by the second: the bucket holds 100.
    let mut limiter = Limiter::new(LimitSpec { tpm: Some(6_000), quantum: Span::from_secs(1), ..spec() });
    limiter.take(Time::ZERO, Ask::tokens(250)).unwrap();
    // 150 below zero: 1.5 s to zero, one more to full.
    assert_eq!(limiter.take(Time::ZERO, Ask::tokens(250)).unwrap_err().wait, Some(Span::from_millis(2_500)));
    limiter.take(at(2.5), Ask::tokens(6_000)).unwrap();
    assert_eq!(limiter.take(at(2.5), Ask::tokens(6_001)).unwrap_err().wait, None);
    // Half a request a second: one every two seconds.
    let mut limiter = Limiter::new(LimitSpec { rpm: Some(30), quantum: Span::from_secs(1), ..spec() });
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    assert_eq!(limiter.take(Time::ZERO, Ask::tokens(1)).unwrap_err().wait, Some(Span::from_secs(2)));
}

#[test]
fn hours_and_days_are_windows_of_utc() {
    // The scenario starts at 22:30 UTC.
    let start = Span::from_mins(22 * 60 + 30);
    let day = LimitSpec { rph: Some(1), rpd: Some(2), after_midnight: start, ..spec() };
    let mut limiter = Limiter::new(day);
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    let refusal = limiter.take(Time::ZERO, Ask::tokens(1)).unwrap_err();
    assert_eq!((refusal.key, refusal.wait), ("rph", Some(Span::from_mins(30))));
    limiter.take(at(1_800.0), Ask::tokens(1)).unwrap();
    let refusal = limiter.take(at(1_800.0), Ask::tokens(1)).unwrap_err();
    assert_eq!((refusal.key, refusal.wait), ("rph", Some(Span::from_hours(1))));
    limiter.take(at(5_400.0), Ask::tokens(1)).unwrap();
    let mut limiter = Limiter::new(LimitSpec { rph: None, ..day });
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    let refusal = limiter.take(Time::ZERO, Ask::tokens(1)).unwrap_err();
    assert_eq!((refusal.key, refusal.wait), ("rpd", Some(Span::from_mins(90))));
    // A spike holds back what it does not leave, and no longer than it lasts.
    let mut limiter = Limiter::new(LimitSpec { rph: None, ..day });
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
    limiter.set_scale(Time::ZERO, 0.5);
    assert_eq!(limiter.take(Time::ZERO, Ask::tokens(1)).unwrap_err().key, "rpd");
    limiter.set_scale(Time::ZERO, 1.0);
    limiter.take(Time::ZERO, Ask::tokens(1)).unwrap();
}

/// Anthropic's first tier: 8,000 answer tokens a minute, estimated from `max_tokens` and trued up.
#[test]
fn an_estimate_blocks_until_it_is_trued_up() {
    let tier = LimitSpec { itpm: Some(30_000), otpm: Some(8_000), charge: Charge::Estimate, ..spec() };
    let mut limiter = Limiter::new(tier);
    let ask = Ask { prompt: 1_000, answer: 200, most: 4_096 };
    limiter.take(Time::ZERO, ask).unwrap();
    // 2 · 4,096 are 192 more than there are; at 8,000 a minute they take 1.44 s.
    let refusal = limiter.take(Time::ZERO, ask).unwrap_err();
    assert_eq!((refusal.key, refusal.wait), ("otpm", Some(Span::from_millis(1_440))));
    limiter.release(Time::ZERO, ask, Used { prompt: 1_000, answer: 200 });
    limiter.take(Time::ZERO, ask).unwrap();
    assert_eq!(limiter.take(Time::ZERO, Ask { prompt: 0, answer: 1, most: 3_705 }).unwrap_err().key, "otpm");
    limiter.take(Time::ZERO, Ask { prompt: 0, answer: 1, most: 3_704 }).unwrap();
}

#[test]
fn tokens_that_are_charged_afterwards_can_leave_a_debt() {
    let mut limiter = Limiter::new(LimitSpec { tpm: Some(6_000), charge: Charge::Afterwards, ..spec() });
    let ask = Ask { prompt: 8_000, answer: 1_000, most: 1_000 };
    limiter.take(Time::ZERO, ask).unwrap();
    limiter.take(Time::ZERO, ask).unwrap();
    limiter.release(Time::ZERO, ask, Used { prompt: 8_000, answer: 1_000 });
    // 3,000 below zero: 30 s, and the first instant above.
    let wait = Span::from_secs(30) + Span::from_nanos(1);
    assert_eq!(limiter.take(Time::ZERO, ask).unwrap_err().wait, Some(wait));
    limiter.take(Time::ZERO + wait, ask).unwrap();
}

#[test]
fn concurrency_narrows_with_competing_load_and_leaves_one() {
    let mut limiter = Limiter::new(LimitSpec { concurrency: Some(10), narrows: 0.5, ..spec() });
    let taken = |limiter: &mut Limiter| {
        let take = || limiter.take(Time::ZERO, Ask::tokens(1));
        let taken = std::iter::repeat_with(take).take_while(Result::is_ok).count();
        for _ in 0..taken {
            limiter.release(Time::ZERO, Ask::tokens(1), Used::default());
        }
        taken
    };
    for (load, most) in [(0.0, 10), (0.5, 7), (1.0, 5), (0.1, 9)] {
        limiter.set_competing(load);
        assert_eq!(taken(&mut limiter), most, "{load}");
    }
    limiter.set_scale(Time::ZERO, 0.1);
    limiter.set_competing(1.0);
    assert_eq!(taken(&mut limiter), 1);
    limiter.set_scale(Time::ZERO, 0.05);
    assert_eq!(taken(&mut limiter), 0);
}

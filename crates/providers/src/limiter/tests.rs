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

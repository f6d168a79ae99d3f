//! The kinds of faults, and the parameters that are drawn for them: typical values, and the edges.
//!
//! | parameter | law |
//! |---|---|
//! | share | 1.0 with chance 0.3; else one of 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 0.99, 1.0 |
//! | slowdown | 1.5, 2, 3, 5, 10, 20, 50, 100 |
//! | status | 503 3/10, 500 2/10, 429 2/10, 502, 504 and 529 1/10 each |
//! | wrong status | 401, 402, 403; of `Down` and of `Errors` alike |
//! | Retry-After | none 2/3; else a span of the routers, or one of 0, 1, 2, 5, 10, 30, 60, 600 s |
//! | hold of a slow failure | a span of the routers, or 60 s 2/5, or 1, 10 or 30 s |
//! | tokens before a cut | 500, 100, 50, 10, 2, 1 |
//! | what remains of limits | 0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.0 |
//! | price factor | 1.1, 1.5, 2, 4, 10, 100 in seven of ten; else 0.9, 0.5, 0.25, 0.1, 0.01 |
//!
//! Values of a list without chances are alike. Which values are typical is an assumption; the statuses are those that
//! providers and gateways answer with in an outage.

use sandbox_core::{Rng, Span, below, chance};
use sandbox_model::{FaultKind, FaultScope, Status};

use super::reach::Place;

/// What can be switched on and off, by the names that tables and charts have for it.
pub const KINDS: [&str; 15] = [
    "down",
    "wrong_status",
    "blackhole",
    "brownout",
    "errors",
    "gray",
    "slow_fail",
    "slow_first_token",
    "stall",
    "stream_cut",
    "rate_limit_spike",
    "capacity_loss",
    "price_change",
    "loss",
    "partition",
];

/// Typical shares, edges, and what is just beside an edge. From mild to severe, as are the lists below.
pub(super) const SHARES: [f64; 12] = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 0.99, 1.0];
pub(super) const SLOWDOWNS: [f64; 8] = [1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0];
/// What remains of the limits.
pub(super) const SCALES: [f64; 7] = [0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.0];
pub(super) const DEARER: [f64; 6] = [1.1, 1.5, 2.0, 4.0, 10.0, 100.0];
pub(super) const CHEAPER: [f64; 5] = [0.9, 0.5, 0.25, 0.1, 0.01];
/// Tokens before a stream breaks off.
pub(super) const AFTER: [u32; 6] = [500, 100, 50, 10, 2, 1];

/// Statuses of an outage, the usual ones more often: OpenAI and DeepSeek answer 500 and 503, gateways 502 and 504,
/// Anthropic 529, overload 429.
const STATUSES: [u16; 10] = [503, 503, 503, 500, 500, 429, 429, 502, 504, 529];
/// An outage that looks like a mistake of the caller.
const WRONG: [u16; 3] = [401, 402, 403];
const RETRY_AFTER_SECS: [u64; 8] = [0, 1, 2, 5, 10, 30, 60, 600];
const HOLDS_SECS: [u64; 5] = [60, 60, 1, 10, 30];

/// Which kind of [`KINDS`] a fault is.
pub(super) fn index(kind: &FaultKind) -> usize {
    let name = kind.name();
    KINDS.iter().position(|known| *known == name).expect("every kind is in the list: see the test")
}

/// What kind `index` of [`KINDS`] can hit.
pub(super) const fn scope(index: usize) -> FaultScope {
    match index {
        0 | 1 | 2 | 4 | 5 | 6 => FaultScope::Node,
        13 | 14 => FaultScope::Link,
        _ => FaultScope::Endpoint,
    }
}

/// Whether anything here can suffer it.
pub(super) fn fits(index: usize, places: &[Place]) -> bool {
    places.iter().any(|place| place.takes(scope(index)))
}

/// Draws the parameters of kind `index` of [`KINDS`]. `spans` are those of the routers: half of the Retry-Afters are
/// one of them.
pub(super) fn draw<R: Rng + ?Sized>(index: usize, spans: &[Span], rng: &mut R) -> FaultKind {
    let status = |rng: &mut R| Status(pick(&STATUSES, rng));
    // All of them fail far more often than any one share of them.
    let share = |rng: &mut R| if chance(rng, 0.3) { 1.0 } else { pick(&SHARES, rng) };
    match index {
        0 => FaultKind::Down { status: status(rng), retry_after: retry_after(spans, rng) },
        1 if chance(rng, 0.5) => {
            FaultKind::Down { status: Status(pick(&WRONG, rng)), retry_after: retry_after(spans, rng) }
        }
        1 => FaultKind::Errors {
            share: share(rng),
            status: Status(pick(&WRONG, rng)),
            retry_after: retry_after(spans, rng),
        },
        2 => FaultKind::Blackhole,
        3 => FaultKind::Brownout { slowdown: pick(&SLOWDOWNS, rng) },
        4 => {
            FaultKind::Errors { share: share(rng), status: status(rng), retry_after: retry_after(spans, rng) }
        }
        5 => FaultKind::Gray { share: share(rng), status: status(rng) },
        6 => {
            let hold = if chance(rng, 0.5) && !spans.is_empty() {
                pick(spans, rng)
            } else {
                Span::from_secs(pick(&HOLDS_SECS, rng))
            };
            FaultKind::SlowFail { share: share(rng), hold, status: Status(pick(&[502, 502, 500, 503], rng)) }
        }
        7 => FaultKind::SlowFirstToken { slowdown: pick(&SLOWDOWNS, rng) },
        8 => FaultKind::Stall,
        9 => FaultKind::StreamCut { share: share(rng), after: pick(&AFTER, rng) },
        10 => FaultKind::RateLimitSpike { scale: pick(&SCALES, rng) },
        11 => FaultKind::CapacityLoss { share: share(rng) },
        12 if chance(rng, 0.7) => FaultKind::PriceChange { factor: pick(&DEARER, rng) },
        12 => FaultKind::PriceChange { factor: pick(&CHEAPER, rng) },
        13 => FaultKind::Loss { share: share(rng) },
        _ => FaultKind::Partition,
    }
}

/// None in two of three.
pub(super) fn retry_after<R: Rng + ?Sized>(spans: &[Span], rng: &mut R) -> Option<Span> {
    if !chance(rng, 1.0 / 3.0) {
        return None;
    }
    let own = !spans.is_empty() && chance(rng, 0.5);
    Some(if own { pick(spans, rng) } else { Span::from_secs(pick(&RETRY_AFTER_SECS, rng)) })
}

/// One of several, all equally likely.
pub(super) fn pick<T: Copy, R: Rng + ?Sized>(of: &[T], rng: &mut R) -> T {
    of[below(rng, of.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use sandbox_core::Seed;

    #[test]
    fn what_is_drawn_is_of_its_kind_and_valid() {
        for (number, name) in KINDS.iter().enumerate() {
            let mut rng = Seed::new(1).noise("kinds").at(number as u64, 0);
            for _ in 0..2_000 {
                let kind = draw(number, &[Span::from_secs(7)], &mut rng);
                assert_eq!(kind.name(), *name);
                assert_eq!(index(&kind), number);
                assert_eq!(kind.scope(), scope(number));
                assert_eq!(kind.check(), Ok(()), "{kind:?}");
            }
        }
    }
}

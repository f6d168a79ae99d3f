//! Simpler kinds, their own parameters, and milder ones.

use sandbox_core::Span;
use sandbox_model::{FaultKind, Status};

use super::kinds::{AFTER, CHEAPER, DEARER, SCALES, SHARES, SLOWDOWNS};
use super::measure::{HOLD, SECOND, own_status};

/// Kinds that are easier to grasp and might do the same.
pub(super) fn simpler(kind: &FaultKind) -> Vec<FaultKind> {
    let down = FaultKind::Down { status: Status::UNAVAILABLE, retry_after: None };
    let down_as = |status, retry_after| FaultKind::Down { status, retry_after };
    match *kind {
        FaultKind::Errors { status, retry_after, .. } => vec![down, down_as(status, retry_after)],
        FaultKind::Gray { share, status } => {
            vec![down, down_as(status, None), FaultKind::Errors { share, status, retry_after: None }]
        }
        FaultKind::SlowFail { share, status, .. } => vec![
            down,
            down_as(status, None),
            FaultKind::Blackhole,
            FaultKind::Errors { share, status, retry_after: None },
        ],
        FaultKind::StreamCut { share, .. } => {
            vec![down, FaultKind::Errors { share, status: Status::INTERNAL, retry_after: None }]
        }
        FaultKind::Stall => vec![down, FaultKind::Blackhole],
        FaultKind::RateLimitSpike { .. } => vec![down, down_as(Status::TOO_MANY_REQUESTS, None)],
        FaultKind::Blackhole | FaultKind::CapacityLoss { .. } => vec![down],
        FaultKind::SlowFirstToken { slowdown } => vec![FaultKind::Brownout { slowdown }],
        FaultKind::Loss { .. } => vec![FaultKind::Partition],
        FaultKind::Down { .. }
        | FaultKind::Brownout { .. }
        | FaultKind::PriceChange { .. }
        | FaultKind::Partition => Vec::new(),
    }
}

/// The same with the kind's own status and waits: all of them, then each.
pub(super) fn plainer(kind: &FaultKind) -> Vec<FaultKind> {
    let own = own_status(kind);
    match (*kind, own) {
        (FaultKind::Down { status, retry_after }, Some(own)) => vec![
            FaultKind::Down { status: own, retry_after: None },
            FaultKind::Down { status, retry_after: None },
            FaultKind::Down { status: own, retry_after },
        ],
        (FaultKind::Errors { share, status, retry_after }, Some(own)) => vec![
            FaultKind::Errors { share, status: own, retry_after: None },
            FaultKind::Errors { share, status, retry_after: None },
            FaultKind::Errors { share, status: own, retry_after },
        ],
        (FaultKind::Gray { share, .. }, Some(status)) => vec![FaultKind::Gray { share, status }],
        (FaultKind::SlowFail { share, hold, status }, Some(own)) => vec![
            FaultKind::SlowFail { share, hold: HOLD, status: own },
            FaultKind::SlowFail { share, hold: HOLD, status },
            FaultKind::SlowFail { share, hold, status: own },
        ],
        _ => Vec::new(),
    }
}

/// The same, milder: the mildest first.
pub(super) fn milder(kind: &FaultKind) -> Vec<FaultKind> {
    let shares = |share: f64| SHARES.into_iter().filter(move |mild| *mild < share);
    let slowdowns = |slowdown: f64| SLOWDOWNS.into_iter().filter(move |mild| *mild < slowdown);
    match *kind {
        FaultKind::Down { status, retry_after } => waits(retry_after)
            .into_iter()
            .map(|wait| FaultKind::Down { status, retry_after: Some(wait) })
            .collect(),
        FaultKind::Errors { share, status, retry_after } => {
            let less = shares(share).map(|share| FaultKind::Errors { share, status, retry_after });
            let sooner = waits(retry_after).into_iter();
            less.chain(sooner.map(|wait| FaultKind::Errors { share, status, retry_after: Some(wait) }))
                .collect()
        }
        FaultKind::Gray { share, status } => {
            shares(share).map(|share| FaultKind::Gray { share, status }).collect()
        }
        FaultKind::SlowFail { share, hold, status } => {
            let less = shares(share).map(|share| FaultKind::SlowFail { share, hold, status });
            let sooner = waits((hold != HOLD).then_some(hold)).into_iter();
            less.chain(sooner.map(|hold| FaultKind::SlowFail { share, hold, status })).collect()
        }
        FaultKind::CapacityLoss { share } => {
            shares(share).map(|share| FaultKind::CapacityLoss { share }).collect()
        }
        FaultKind::Loss { share } => shares(share).map(|share| FaultKind::Loss { share }).collect(),
        FaultKind::Brownout { slowdown } => {
            slowdowns(slowdown).map(|slowdown| FaultKind::Brownout { slowdown }).collect()
        }
        FaultKind::SlowFirstToken { slowdown } => {
            slowdowns(slowdown).map(|slowdown| FaultKind::SlowFirstToken { slowdown }).collect()
        }
        FaultKind::StreamCut { share, after } => {
            let less = shares(share).map(|share| FaultKind::StreamCut { share, after });
            let later = AFTER.into_iter().filter(|mild| *mild > after);
            less.chain(later.map(|after| FaultKind::StreamCut { share, after })).collect()
        }
        FaultKind::RateLimitSpike { scale } => {
            let milder = SCALES.into_iter().filter(|mild| *mild > scale);
            milder.map(|scale| FaultKind::RateLimitSpike { scale }).collect()
        }
        FaultKind::PriceChange { factor } => {
            let dearer = DEARER.into_iter().filter(|mild| factor >= 1.0 && *mild < factor);
            let cheaper = CHEAPER.into_iter().filter(|mild| factor < 1.0 && *mild > factor);
            dearer.chain(cheaper).map(|factor| FaultKind::PriceChange { factor }).collect()
        }
        FaultKind::Blackhole | FaultKind::Stall | FaultKind::Partition => Vec::new(),
    }
}

/// Shorter waits in whole seconds, the shortest first, and the same in whole seconds.
fn waits(wait: Option<Span>) -> Vec<Span> {
    let Some(wait) = wait else { return Vec::new() };
    let seconds = wait.as_nanos().div_ceil(SECOND);
    let less = [0, 1, seconds / 2, seconds.saturating_sub(1)].into_iter().filter(|less| *less < seconds);
    less.chain([seconds]).map(Span::from_secs).collect()
}

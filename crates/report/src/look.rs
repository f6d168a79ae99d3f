//! How kinds of fault look in every chart, and the words for them.

use sandbox_model::{Cause, FaultKind};

/// A family of kinds of fault; its colour is in the [palette](crate::palette).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Hue {
    Down,
    WrongStatus,
    Blackhole,
    Network,
    SlowFail,
    Errors,
    Gray,
    Slow,
    Limit,
    Price,
}

/// How a kind of fault looks: kinds of one family share a hue, and no two kinds share hue and bar.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub(crate) hue: Hue,
    pub(crate) bar: Bar,
    /// What covers what.
    pub(crate) severity: u8,
}

/// The shape of a fault's bar.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Bar {
    /// Nothing gets through.
    Full,
    /// Some get through.
    Striped,
    /// It works, but worse.
    Tall,
    /// There is less of it, or it costs more.
    Half,
}

/// The look of a kind of fault.
pub(crate) const fn look(kind: &FaultKind) -> Look {
    const fn look(severity: u8, bar: Bar, hue: Hue) -> Look {
        Look { hue, bar, severity }
    }
    match kind {
        FaultKind::Errors { .. } if kind.is_wrong_status() => look(9, Bar::Striped, Hue::WrongStatus),
        FaultKind::Down { .. } if kind.is_wrong_status() => look(13, Bar::Full, Hue::WrongStatus),
        FaultKind::PriceChange { .. } => look(0, Bar::Half, Hue::Price),
        FaultKind::RateLimitSpike { .. } => look(1, Bar::Half, Hue::Limit),
        FaultKind::CapacityLoss { .. } => look(2, Bar::Tall, Hue::Limit),
        FaultKind::Loss { .. } => look(3, Bar::Striped, Hue::Network),
        FaultKind::Brownout { .. } => look(4, Bar::Tall, Hue::Slow),
        FaultKind::SlowFirstToken { .. } => look(5, Bar::Half, Hue::Slow),
        FaultKind::Stall => look(6, Bar::Full, Hue::Slow),
        FaultKind::StreamCut { .. } => look(7, Bar::Half, Hue::Errors),
        FaultKind::Gray { .. } => look(8, Bar::Striped, Hue::Gray),
        FaultKind::Errors { .. } => look(9, Bar::Striped, Hue::Errors),
        FaultKind::SlowFail { .. } => look(10, Bar::Striped, Hue::SlowFail),
        FaultKind::Partition => look(11, Bar::Full, Hue::Network),
        FaultKind::Blackhole => look(12, Bar::Full, Hue::Blackhole),
        FaultKind::Down { .. } => look(13, Bar::Full, Hue::Down),
    }
}

/// The words for a kind of fault.
pub(crate) const fn fault_word(kind: &FaultKind) -> &'static str {
    match kind {
        _ if kind.is_wrong_status() => "wrong status",
        FaultKind::RateLimitSpike { .. } => "rate limit",
        FaultKind::CapacityLoss { .. } => "capacity loss",
        FaultKind::SlowFirstToken { .. } => "slow first token",
        FaultKind::SlowFail { .. } => "slow fail",
        FaultKind::StreamCut { .. } => "stream cut",
        FaultKind::PriceChange { .. } => "price change",
        other => other.name(),
    }
}

/// Words for a cause, as in `docs/output.md` but without underscores.
pub(crate) fn cause_word(cause: Cause) -> String {
    cause.name().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use sandbox_core::Span;
    use sandbox_model::Status;

    use super::*;

    #[test]
    fn no_two_kinds_of_fault_share_hue_and_bar() {
        let (share, status, slowdown) = (0.5, Status::INTERNAL, 2.0);
        let kinds = [
            FaultKind::Down { status, retry_after: None },
            FaultKind::Down { status: Status(403), retry_after: None },
            FaultKind::Blackhole,
            FaultKind::Brownout { slowdown },
            FaultKind::Errors { share, status, retry_after: None },
            FaultKind::Errors { share, status: Status(401), retry_after: None },
            FaultKind::Gray { share, status },
            FaultKind::SlowFail { share, hold: Span::from_secs(60), status },
            FaultKind::SlowFirstToken { slowdown },
            FaultKind::Stall,
            FaultKind::StreamCut { share, after: 9 },
            FaultKind::RateLimitSpike { scale: share },
            FaultKind::CapacityLoss { share },
            FaultKind::PriceChange { factor: 2.0 },
            FaultKind::Loss { share },
            FaultKind::Partition,
        ];
        for (i, one) in kinds.iter().enumerate() {
            assert!(!fault_word(one).contains('_'), "{}", fault_word(one));
            for other in &kinds[..i] {
                let (a, b) = (look(one), look(other));
                assert!((a.hue, a.bar) != (b.hue, b.bar), "{one:?} looks like {other:?}");
            }
        }
    }
}

//! The few colours, safe for the common kinds of colour blindness (after Okabe and Ito, Color Universal Design,
//! 2008). All are opaque: what lies over something else is mixed beforehand, so that both backends agree.

use plotters::style::RGBColor;
use sandbox_model::FaultKind;

pub(crate) const PAPER: RGBColor = RGBColor(255, 255, 255);
/// Text and the lines that matter.
pub(crate) const INK: RGBColor = RGBColor(34, 34, 34);
/// Text that explains.
pub(crate) const QUIET: RGBColor = RGBColor(104, 104, 104);
/// Grid lines and baselines.
pub(crate) const HAIR: RGBColor = RGBColor(228, 228, 228);
/// Onsets of faults, through all panels.
pub(crate) const GUIDE: RGBColor = RGBColor(214, 204, 204);
/// The warm-up.
pub(crate) const SHADE: RGBColor = RGBColor(244, 244, 244);
/// Load: ours and other tenants'.
pub(crate) const LOAD: RGBColor = RGBColor(203, 207, 212);
/// What goes as planned.
pub(crate) const PLAN: RGBColor = RGBColor(186, 202, 217);
/// Text about what goes as planned.
pub(crate) const PLAN_TEXT: RGBColor = RGBColor(70, 100, 130);
/// Leak and money lost: the one hot colour.
pub(crate) const HOT: RGBColor = RGBColor(213, 94, 0);
/// Money saved.
pub(crate) const SAVED: RGBColor = RGBColor(0, 158, 115);
/// Belief.
pub(crate) const BELIEF: RGBColor = RGBColor(0, 114, 178);
/// Percentiles, from the median to the tail.
pub(crate) const TTFT: [RGBColor; 3] =
    [RGBColor(0, 70, 120), RGBColor(40, 130, 190), RGBColor(120, 180, 220)];

/// The colour of a difference in cost.
pub(crate) fn gap(premium: f64) -> RGBColor {
    if premium > 0.0 {
        HOT
    } else if premium < 0.0 {
        SAVED
    } else {
        QUIET
    }
}

/// How a kind of fault looks: kinds of one family share a hue, and no two kinds share hue and bar.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub(crate) color: RGBColor,
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
    const fn look(severity: u8, bar: Bar, color: RGBColor) -> Look {
        Look { color, bar, severity }
    }
    const WRONG_STATUS: RGBColor = RGBColor(170, 51, 119);
    match kind {
        FaultKind::Errors { .. } if kind.is_wrong_status() => look(9, Bar::Striped, WRONG_STATUS),
        FaultKind::Down { .. } if kind.is_wrong_status() => look(13, Bar::Full, WRONG_STATUS),
        FaultKind::PriceChange { .. } => look(0, Bar::Half, RGBColor(0, 130, 90)),
        FaultKind::RateLimitSpike { .. } => look(1, Bar::Half, RGBColor(150, 90, 170)),
        FaultKind::CapacityLoss { .. } => look(2, Bar::Tall, RGBColor(150, 90, 170)),
        FaultKind::Loss { .. } => look(3, Bar::Striped, RGBColor(72, 61, 139)),
        FaultKind::Brownout { .. } => look(4, Bar::Tall, RGBColor(230, 159, 0)),
        FaultKind::SlowFirstToken { .. } => look(5, Bar::Half, RGBColor(230, 159, 0)),
        FaultKind::Stall => look(6, Bar::Full, RGBColor(230, 159, 0)),
        FaultKind::StreamCut { .. } => look(7, Bar::Half, RGBColor(214, 96, 110)),
        FaultKind::Gray { .. } => look(8, Bar::Striped, RGBColor(110, 110, 110)),
        FaultKind::Errors { .. } => look(9, Bar::Striped, RGBColor(214, 96, 110)),
        FaultKind::SlowFail { .. } => look(10, Bar::Striped, RGBColor(150, 75, 0)),
        FaultKind::Partition => look(11, Bar::Full, RGBColor(72, 61, 139)),
        FaultKind::Blackhole => look(12, Bar::Full, RGBColor(0, 0, 0)),
        FaultKind::Down { .. } => look(13, Bar::Full, RGBColor(178, 24, 43)),
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

/// `parts` of 16 of a colour on paper.
pub(crate) const fn tint(color: RGBColor, parts: u32) -> RGBColor {
    const fn mix(value: u8, parts: u32) -> u8 {
        // A mean of two bytes is a byte.
        ((value as u32 * parts + 255 * (16 - parts) + 8) / 16) as u8
    }
    RGBColor(mix(color.0, parts), mix(color.1, parts), mix(color.2, parts))
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
                assert!((a.color, a.bar) != (b.color, b.bar), "{one:?} looks like {other:?}");
            }
        }
    }
}

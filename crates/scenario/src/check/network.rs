//! Numbers of links.

use sandbox_core::Span;

use super::Report;
use super::numbers::{SIGMA_MAX, profile};
use crate::file::Link;
use crate::problem::name_hint;
use crate::syntax::Path;

/// Most packets that a link may lose by itself: more is a fault.
const LOSS_MAX: f64 = 0.9;
/// Longest round trip or delay: light is at the Sun and back in less.
const DELAY_MAX: Span = Span::from_hours(1);

pub(super) fn link(path: &Path, link: &Link, report: &mut Report<'_>) {
    report.at_most(&path.key("rtt"), link.rtt, DELAY_MAX);
    report.within(&path.key("jitter"), link.jitter, 0.0, SIGMA_MAX);
    report.within(&path.key("loss"), link.loss, 0.0, LOSS_MAX);
    if let Some(friction) = &link.friction {
        let path = path.key("friction");
        let ends = [link.from.as_str(), link.to.as_str()];
        if !ends.contains(&friction.toward.as_str()) {
            let hint = name_hint(&friction.toward, "ends of this link", ends);
            report.say(&path.key("toward"), format!("`{}` is no end of this link", friction.toward), hint);
        }
        report.within(&path.key("loss"), friction.loss, 0.0, LOSS_MAX);
        report.at_most(&path.key("delay"), friction.delay, DELAY_MAX);
        profile(&path.key("profile"), &friction.profile, report);
    }
    if let Some(block) = &link.residual_block {
        let path = path.key("residual_block");
        report.within(&path.key("chance"), block.chance, 0.0, 1.0);
        report.within(&path.key("share"), block.share, 0.0, 1.0);
        report.positive(&path.key("length"), block.length, "90s");
    }
}

//! Numbers of providers and endpoints: shares above one, limits of nothing, prices of nothing.

use super::numbers::{SIGMA_MAX, profile};
use super::{Report, limits};
use crate::file::{Congestion, Endpoint};
use crate::syntax::Path;

/// Other tenants must leave something: more than this at their peak leaves nothing worth simulating.
const COMPETING_MAX: f64 = 0.95;

pub(super) fn congestion(path: &Path, c: &Congestion, report: &mut Report<'_>) {
    let fine = report.within(&path.key("mean"), c.mean, 0.0, 1.0);
    report.within(&path.key("noise"), c.noise, 0.0, SIGMA_MAX);
    report.positive(&path.key("memory"), c.memory, "15m");
    if profile(&path.key("profile"), &c.profile, report) && fine {
        let peak = c.mean * c.profile.peak();
        if peak > COMPETING_MAX {
            let message =
                format!("other tenants would take {:.0}% of the batch at their daily peak", peak * 100.0);
            let most = COMPETING_MAX / c.profile.peak();
            let hint =
                format!("with this profile the mean can be at most {:.2}", (most * 100.0).floor() / 100.0);
            report.say(&path.key("mean"), message, hint);
        }
    }
}

pub(super) fn endpoint(path: &Path, e: &Endpoint, report: &mut Report<'_>) {
    let serving = path.key("serving");
    if e.serving.sequences == 0 {
        report.say(
            &serving.key("sequences"),
            "no sequence could ever run",
            "write 1 or more; a few dozen is usual",
        );
    }
    if e.serving.step_base.is_zero() && e.serving.step_per_sequence.is_zero() {
        let hint = "give step_base (like \"12ms\"), or step_per_sequence, or both";
        report.say(&serving.key("step_base"), "tokens would take no time: both step times are zero", hint);
    }
    report.within(&serving.key("prefill_noise"), e.serving.prefill_noise, 0.0, SIGMA_MAX);
    limits::of(&path.key("limits"), &e.limits, report);
}

//! A fault that is cut in two changes nothing.

use sandbox_core::{Span, Time};
use sandbox_engine::trials::Length;
use sandbox_engine::{RunError, Trials};
use sandbox_model::OutageScript;

use super::{Broken, Compare, How, Property, Sort, Subject};

/// Costs two whole runs of each script. Counters, bills and the timeline are compared; reports of faults differ, of
/// which there are more. A loss of capacity is not cut: where one begins anew, what was served on the servers in between
/// is lost anew.
pub(super) const SPLITTING: Property = Property {
    name: "splitting",
    says: "A fault cut into two adjacent ones changes no request, no bill and no bucket of the timeline.",
    sort: Sort::Metamorphic,
    how: How::Compared(compare),
};

fn compare(_: &Subject) -> Option<Box<dyn Compare>> {
    Some(Box::new(Splitting { apart: Span::ZERO }))
}

#[derive(Clone)]
struct Splitting {
    /// Between the two parts; not zero only to see that it would be noticed.
    apart: Span,
}

impl Compare for Splitting {
    fn compare(&mut self, trials: &mut Trials, script: &OutageScript) -> Result<Option<Broken>, RunError> {
        let cut = split(script, self.apart);
        if cut == *script {
            return Ok(None);
        }
        let whole = trials.run(script, Length::Whole)?.output(String::new())?;
        let parts = trials.run(&cut, Length::Whole)?.output(String::new())?;
        let what = if whole.summary.requests != parts.summary.requests {
            format!(
                "with its faults cut in two: {:?} instead of {:?}",
                parts.summary.requests, whole.summary.requests
            )
        } else if whole.ledger != parts.ledger {
            "with its faults cut in two the bill is another".to_owned()
        } else if whole.timeline != parts.timeline {
            "with its faults cut in two the timeline is another".to_owned()
        } else {
            return Ok(None);
        };
        Ok(Some(Broken { property: SPLITTING.name.to_owned(), at: None, request: None, what }))
    }
}

/// Each fault in two, cut in the middle.
fn split(script: &OutageScript, apart: Span) -> OutageScript {
    let mut faults = Vec::with_capacity(2 * script.faults.len());
    for fault in &script.faults {
        let middle = Time::from_nanos(fault.from.as_nanos().midpoint(fault.until.as_nanos()));
        let again = middle.saturating_add(apart);
        let lost = matches!(fault.kind, sandbox_model::FaultKind::CapacityLoss { .. });
        if lost || middle == fault.from || again >= fault.until {
            faults.push(fault.clone());
            continue;
        }
        let (mut first, mut second) = (fault.clone(), fault.clone());
        (first.until, second.from) = (middle, again);
        faults.extend([first, second]);
    }
    OutageScript { faults }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::tests::{down, subject};

    #[test]
    fn a_second_between_the_parts_is_noticed() {
        let mut trials = Trials::new(&subject().resolved, None).expect("no law is broken");
        let mut breaks = |apart| {
            let broken = Splitting { apart }.compare(&mut trials, &down("60s", "90s"));
            broken.expect("no law is broken").is_some()
        };
        assert!(!breaks(Span::ZERO));
        assert!(breaks(Span::from_secs(1)));
    }
}

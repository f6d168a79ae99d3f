//! The clairvoyant router: asks the most wanted target that would serve now, and nobody else.

use proptest::prelude::*;
use sandbox_model::{Answer, Status};
use sandbox_routers::{Call, Clairvoyant, Decision, Reason, Strategy as _, TargetView, Truth};

use crate::answers::failure;
use crate::stage::{at, play};

fn views(truths: &[(bool, bool)]) -> Vec<TargetView> {
    truths
        .iter()
        .map(|&(serves, headroom)| TargetView {
            truth: Some(Truth { serves, headroom }),
            ..TargetView::default()
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    /// If what it was told is true, one attempt at the first target that serves and has room; none if there is none.
    #[test]
    fn it_asks_the_most_wanted_target_that_serves(
        truths in proptest::collection::vec(any::<(bool, bool)>(), 1..8),
    ) {
        let mut router = Clairvoyant::new(truths.len());
        prop_assert!(router.wants_truth());
        let played = play(&mut router, &views(&truths), 1, at(0), |_, _| Answer::Ok);
        match truths.iter().position(|&truth| truth == (true, true)) {
            Some(best) => {
                let reason = if best == 0 { Reason::Choice } else { Reason::Avoids };
                prop_assert_eq!(played.tries, vec![(at(0), best, reason)]);
                prop_assert_eq!(played.answer, Answer::Ok);
            }
            None => {
                prop_assert_eq!(played.tries, vec![]);
                prop_assert_eq!(played.answer, Answer::failed(Status::UNAVAILABLE));
            }
        }
    }

    /// If it is lied to for ever, it ends after three attempts a target with the last answer it got.
    #[test]
    fn it_ends_even_if_the_truth_is_a_lie(
        truths in proptest::collection::vec(any::<(bool, bool)>(), 1..8),
        lies in proptest::collection::vec(failure(), 24),
    ) {
        prop_assume!(truths.contains(&(true, true)));
        let mut told = lies.iter();
        let mut last = None;
        let played = play(&mut Clairvoyant::new(truths.len()), &views(&truths), 1, at(0), |_, _| {
            last = told.next().copied();
            last.unwrap()
        });
        prop_assert_eq!(played.tries.len(), 3 * truths.len());
        prop_assert!(played.tries.iter().all(|&(_, target, _)| truths[target] == (true, true)));
        prop_assert_eq!(Some(played.answer), last);
    }
}

#[test]
fn it_too_stays_within_the_residency() {
    let (mut router, targets) = (Clairvoyant::new(3), views(&[(true, true); 3]));
    let mut next = |allowed| {
        let noise = crate::stage::noise();
        let note = std::cell::Cell::new(0);
        router.next(&Call { allowed, ..Call::new(at(0), 1, &[], noise, &note) }, &targets)
    };
    assert_eq!(next(0b111), Decision::Try { target: 0, reason: Reason::Choice });
    assert_eq!(next(0b110), Decision::Try { target: 1, reason: Reason::Guarded });
    assert_eq!(next(0), Decision::GiveUp(Answer::failed(Status(403))));
}

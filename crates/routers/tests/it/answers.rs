//! Arbitrary answers, for properties.

use proptest::prelude::*;
use sandbox_core::Span;
use sandbox_model::{Answer, Status};

const STATUSES: [u16; 17] =
    [400, 401, 402, 403, 404, 405, 408, 409, 413, 422, 429, 429, 500, 502, 503, 504, 529];

/// A failure of any kind, with any Retry-After.
pub(crate) fn failure() -> impl Strategy<Value = Answer> {
    let retry_after = prop_oneof![
        3 => Just(None),
        2 => (0_u64..20_000).prop_map(|ms| Some(Span::from_millis(ms))),
        1 => Just(Some(Span::from_secs(600))),
    ];
    prop_oneof![
        6 => (proptest::sample::select(&STATUSES), retry_after)
            .prop_map(|(status, retry_after)| Answer::Failed { status: Status(status), retry_after }),
        1 => Just(Answer::Cut),
        1 => Just(Answer::TimedOut),
    ]
}

/// A failure, or now and then a success.
pub(crate) fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![1 => Just(Answer::Ok), 4 => failure()]
}

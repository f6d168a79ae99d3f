//! What slices are called. Viewers put slices of one name on one track: so what became of a request or an attempt is in
//! its name, and what is its own (numbers, times, money) is in its arguments.

use sandbox_core::Time;
use sandbox_engine::Outcome;
use sandbox_engine::records::{AttemptRecord, RequestRecord};
use sandbox_model::Answer;

pub(super) fn of_request(record: &RequestRecord) -> String {
    let cause = record.cause.map_or(String::new(), |cause| format!(": {cause}"));
    match record.outcome {
        Some(Outcome::Plan) => "served by plan".to_owned(),
        Some(Outcome::Leak) if record.avoidable == Some(true) => format!("leaked, avoidable{cause}"),
        Some(Outcome::Leak) => format!("leaked{cause}"),
        Some(Outcome::Failed) => format!("failed{cause}"),
        Some(Outcome::Shed) => "shed".to_owned(),
        None => "in flight at the end".to_owned(),
    }
}

/// What came back.
pub(super) fn answer(record: &AttemptRecord, end: Time) -> String {
    match record.answer {
        Some(Answer::Ok) => "ok".to_owned(),
        Some(Answer::Failed { status, .. }) => status.to_string(),
        Some(Answer::Cut) => "cut".to_owned(),
        Some(Answer::TimedOut) => "timed out".to_owned(),
        None if record.ended >= end => "in flight at the end".to_owned(),
        None => "left by its caller".to_owned(),
    }
}

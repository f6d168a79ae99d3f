//! gateway
use crate::check::Check;
/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![]
}

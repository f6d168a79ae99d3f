//! The test kit as a whole.

mod in_a_test;
mod liveness;
mod metamorphic;
mod properties;
mod weather;

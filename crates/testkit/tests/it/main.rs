//! The test kit as a whole.

mod liveness;
mod metamorphic;
mod in_a_test;
mod properties;
mod weather;

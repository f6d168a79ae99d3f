//! The test kit as a whole.

mod in_a_test;
mod properties;
mod weather;

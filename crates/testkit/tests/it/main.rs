//! The test kit as a whole.

mod mutants;
mod properties;
mod weather;

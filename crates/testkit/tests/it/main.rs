//! The test kit as a whole.

mod weather;
mod properties;

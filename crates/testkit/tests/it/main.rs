//! The test kit as a whole.

mod properties;
mod search;
mod weather;

//! The test kit as a whole.

mod liveness;
mod metamorphic;
mod properties;
mod weather;

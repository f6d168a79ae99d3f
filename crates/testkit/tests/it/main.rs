//! The test kit as a whole.

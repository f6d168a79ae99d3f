//! Traffic returns, and backlogs drain: what holds of presets, and what is caught.

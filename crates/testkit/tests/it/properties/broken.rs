//! Strategies that promise one thing and do another.

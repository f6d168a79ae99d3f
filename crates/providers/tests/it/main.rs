//! Proofs of the providers that need a second model, or theory, to hold them against.
//!
//! * [`arrivals`] – arrival processes against what is known of them
//! * [`batch_oracle`] – the endpoint against a slow one that steps from token to token: equal to the nanosecond
//! * [`context`] – the endpoint's mean context against one that is added up at each token
//! * [`limiter`] – the rate limits against a level recomputed from the whole history

mod arrivals;
mod batch_oracle;
mod context;
mod limiter;
mod slow_batch;

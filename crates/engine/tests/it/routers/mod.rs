//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`envoy`] – Envoy: priority levels, ejections, retries
//! * [`plain`] – ordered fallback

mod envoy;
mod plain;
mod stage;

//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`openrouter`] – OpenRouter's balancers and request fields
//! * [`plain`] – ordered fallback

mod openrouter;
mod plain;
mod stage;

//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`picks`] – selections that learn, and the gateway that is made of them
//! * [`plain`] – ordered fallback

mod picks;
mod plain;
mod stage;

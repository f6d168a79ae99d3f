//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`plain`] – ordered fallback
//! * [`limits_and_prices`] – what accounts share, and prices by the hour

mod limits_and_prices;
mod plain;
mod stage;

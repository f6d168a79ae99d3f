//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`metamorphic`] – what must not matter: names, weeks, the order of a file
//! * [`plain`] – ordered fallback

mod metamorphic;
mod plain;
mod stage;

//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`fleet`] – what other customers' requests tell
//! * [`metamorphic`] – what must not matter: names, weeks, the order of a file
//! * [`plain`] – ordered fallback

mod fleet;
mod metamorphic;
mod plain;
mod stage;

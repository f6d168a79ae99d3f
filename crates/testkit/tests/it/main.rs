//! The test kit as a whole.
//!
//! * [`in_a_test`] – the weather in a test of one's own
//! * [`liveness`] – traffic returns, backlogs drain
//! * [`metamorphic`] – runs that differ in one thing
//! * [`mutants`] – routers with a bug each, and the property that finds it
//! * [`properties`] – presets keep what they promise, liars do not
//! * [`search`] – what is found does not depend on how
//! * [`weather`] – what is drawn, and how it is shrunk

mod in_a_test;
mod liveness;
mod metamorphic;
mod mutants;
mod properties;
mod search;
mod weather;

//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`plain`] – ordered fallback
//! * [`portkey`], [`bifrost`], [`tensorzero`], [`kong`] – gateways
//! * [`openai_sdk`] – a client's own retries, alone and on top of a gateway

mod bifrost;
mod kong;
mod openai_sdk;
mod plain;
mod portkey;
mod stage;
mod tensorzero;

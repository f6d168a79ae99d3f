//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`litellm`], [`litellm_table`] – LiteLLM
//! * [`plain`] – ordered fallback

mod litellm;
mod litellm_table;
mod plain;
mod stage;

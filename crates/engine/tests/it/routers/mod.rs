//! Routers as they really decide: each vector is a scenario that runs.
//!
//! * [`stage`] – plays requests at given times against endpoints that fail at given times
//! * [`fleet`] – what other customers' requests tell
//! * [`metamorphic`] – what must not matter: names, weeks, the order of a file
//! * [`picks`] – selections that learn, and the gateway that is made of them
//! * [`envoy`] – Envoy: priority levels, ejections, retries
//! * [`litellm`], [`litellm_table`], [`litellm_more`] – LiteLLM
//! * [`openrouter`] – OpenRouter's balancers and request fields
//! * [`plain`] – ordered fallback
//! * [`ours`] – breakers, spilling, the hybrid
//! * [`hedges`] – two attempts at once
//! * [`nested`] – routers below routers
//! * [`guards`] – caps on spending and on attempts in flight
//! * [`presets`] – what holds of every preset in any weather
//! * [`portkey`], [`bifrost`], [`tensorzero`], [`kong`] – gateways
//! * [`situations`] – what follows from the rules of gateways and is in nobody's table
//! * [`openai_sdk`] – a client's own retries, alone and on top of a gateway
//! * [`limits_and_prices`] – what accounts share, and prices by the hour

mod bifrost;
mod envoy;
mod fleet;
mod guards;
mod hedges;
mod kong;
mod limits_and_prices;
mod litellm;
mod litellm_more;
mod litellm_table;
mod metamorphic;
mod nested;
mod openai_sdk;
mod openrouter;
mod ours;
mod picks;
mod plain;
mod portkey;
pub(crate) mod presets;
mod situations;
mod stage;
mod tensorzero;

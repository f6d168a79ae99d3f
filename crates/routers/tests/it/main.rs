//! Proofs of the routers: what real ones are known to do, and what any composition of parts must keep.
//!
//! * [`stage`] – a tiny driver: one strategy against scripted targets, in virtual time
//! * [`vectors`] – decisions of real routers, each named after its number in the list of decision vectors
//! * [`timing`] – when retries and fallbacks come
//! * [`clairvoyant`] – the lower bound asks the most wanted target that serves
//! * [`composed`] – properties of arbitrary compositions under arbitrary answers
//! * [`breakers`] – breakers of gateways against their rules, worked out anew from all that was seen
//! * [`ejection`] – Envoy's ejections against its rules, over whole histories, and its priority loads
//! * [`litellm`] – when LiteLLM cools a deployment down, worked out anew from all that was seen
//! * [`openrouter`] – OpenRouter's parts against slow transcriptions, and its fitted shape
//! * [`memory`] – cooldown and demotion against the documented rule, worked out anew from all that was seen
//! * [`ours`] – the same for breaker and spill
//! * [`picks`] – selections against their rules, worked out anew from all that happened
//! * [`ratio`] – error ratios, the same

mod answers;
mod breakers;
mod clairvoyant;
mod composed;
mod ejection;
mod litellm;
mod memory;
mod openrouter;
mod ours;
mod picks;
mod ratio;
mod stage;
mod timing;
mod vectors;

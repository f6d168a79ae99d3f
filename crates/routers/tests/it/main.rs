//! Proofs of the routers: what real ones are known to do, and what any composition of parts must keep.
//!
//! * [`stage`] – a tiny driver: one strategy against scripted targets, in virtual time
//! * [`vectors`] – decisions of real routers, each named after its number in the list of decision vectors
//! * [`timing`] – when real routers retry and fall back
//! * [`clairvoyant`] – the lower bound asks the most wanted target that serves
//! * [`composed`] – properties of arbitrary compositions under arbitrary answers
//! * [`openrouter`] – OpenRouter's parts against slow transcriptions, and its fitted shape
//! * [`memory`] – cooldown and demotion against the documented rule, worked out anew from all that was seen

mod answers;
mod clairvoyant;
mod composed;
mod memory;
mod openrouter;
mod stage;
mod timing;
mod vectors;

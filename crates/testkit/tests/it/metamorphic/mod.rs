//! Runs that differ in one thing: what holds of presets, and what is caught.
//!
//! * [`survey`] – every comparison and every liveness property, over the routers of the gallery
//! * [`liars`] – strategies that promise one thing and do another
//! * `findings` – what `docs/findings.md` says, run

mod findings;
pub(crate) mod liars;
mod survey;

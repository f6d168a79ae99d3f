//! Runs that differ in one thing: what holds of presets, and what is caught.
//!
//! * [`survey`] – every comparison and every liveness property, over the routers of the gallery

mod survey;

//! The life of one request as a sequence diagram: who asked whom, when, and what came back.
//!
//! * `scene` – from a story to lifelines and what happens between them
//! * [`sequence_text`] – for terminals: plain ASCII, at most 80 columns
//! * [`sequence_svg`] – for the page
//!
//! Downwards is time, in order but not to scale: each instant has its line, and its time stands beside it.

mod drawing;
mod scene;
mod text;

pub use drawing::sequence_svg;
pub use text::sequence_text;

#[cfg(test)]
mod tests;

//! A run for a comment on a pull request: GitHub flavoured Markdown.
//!
//! * `run` – objectives, main numbers, causes and faults
//! * `diff` – what is different between two runs
//! * `table` – tables whose rows all have the same cells
//! * `escape` – names and expressions as code that cannot become anything else

mod diff;
mod escape;
mod run;
mod table;

pub use diff::diff_markdown;
pub use run::run_markdown;

#[cfg(test)]
mod tests;

//! Where requests, tokens and money went: what the page and the pictures draw alike.
//!
//! * [`graph`] – lines of the flow as nodes and links: workload, first attempt, cause, end
//! * [`layout`] – where they lie, as a Sankey diagram
//! * [`words`] – headings of the columns, sums and shares as text

pub(crate) mod graph;
pub(crate) mod layout;
pub(crate) mod words;

pub use graph::Measure;

//! What a run yields: [`summary`], [`timeline`], [`ledger`] and [`flow`], as plain data for reports and files.

pub mod flow;
pub mod ledger;
pub mod summary;
pub mod timeline;

pub use flow::{Flow, FlowEnd, FlowLine};
pub use ledger::{Ledger, LedgerLine, Work};
pub use summary::Summary;
pub use timeline::{TTFT_CLASSES, Timeline, TimelineRow};

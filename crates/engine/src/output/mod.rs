//! What a run yields: [`summary`], [`timeline`] and [`ledger`], as plain data for reports and files.

pub mod ledger;
pub mod summary;
pub mod timeline;

pub use ledger::{Ledger, LedgerLine, Work};
pub use summary::Summary;
pub use timeline::{Timeline, TimelineRow};

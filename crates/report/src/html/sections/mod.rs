//! The parts of the page that have no time axis. Each gives one `<section>`, or nothing where it has nothing to say.

pub(crate) mod faults;
pub(crate) mod flow;
pub(crate) mod ledger;
pub(crate) mod objectives;
pub(crate) mod waterfall;
pub(crate) mod worst;

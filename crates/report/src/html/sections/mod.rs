//! The parts of the page that have no time axis. Each gives one `<section>`, or nothing where it has nothing to say.
//!
//! * [`objectives`] – the promises, those that were missed first
//! * [`flow`] – where requests, tokens and money went
//! * [`waterfall`] – from the control twin's bill to the run's
//! * [`faults`] – each fault and how it was seen
//! * [`ledger`] – who was billed for what
//! * [`worst`] – the requests that waited longest, drawn
//! * [`parts`] – what they share

pub(crate) mod faults;
pub(crate) mod flow;
pub(crate) mod ledger;
pub(crate) mod objectives;
mod parts;
pub(crate) mod waterfall;
pub(crate) mod worst;

#[cfg(test)]
mod tests;

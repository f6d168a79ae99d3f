//! The engine as a whole: scenarios in, summaries out.
//!
//! * [`causes`] – what each fault makes of a request, and what the ledger calls it
//! * [`exact`] – single requests, worked out by hand to the nanosecond and the pico-dollar
//! * [`incidents`] – drawn incidents against their laws, with [`statistics`]
//! * [`laws`] – conservation, the twin, the clairvoyant bound, under drawn weather
//! * [`shipped`] – the scenarios of this repository, and real traces through the flagship's routers
//! * [`weather`] – what no router can change

mod causes;
mod exact;
mod incidents;
mod laws;
mod shipped;
mod statistics;
mod support;
mod weather;

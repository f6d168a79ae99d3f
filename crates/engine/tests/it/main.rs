//! The engine as a whole: scenarios in, summaries out.
//!
//! * [`causes`] – what each fault makes of a request, and what the ledger calls it
//! * [`exact`] – single requests, worked out by hand to the nanosecond and the pico-dollar
//! * [`laws`] – conservation, the twin, the clairvoyant bound, under drawn weather
//! * [`serving`] – memory, chunks, replicas and lost capacity, worked out by hand
//! * [`shipped`] – the scenarios of this repository, and real traces through the flagship's routers
//! * [`traffic`] – sources of requests
//! * [`weather`] – what no router can change

mod causes;
mod exact;
mod laws;
mod serving;
mod shipped;
mod support;
mod traffic;
mod weather;

//! The engine as a whole: scenarios in, summaries out.
//!
//! * [`cached`] – what a prefix cache does to bills
//! * [`causes`] – what each fault makes of a request, and what the ledger calls it
//! * [`classes`] – times to first token by class
//! * [`exact`] – single requests, worked out by hand to the nanosecond and the pico-dollar
//! * [`faults`] – each kind of fault that is more than an outage, and some together, to the nanosecond
//! * [`flow`] – where requests went, and the steps from the twin's bill to the run's
//! * [`incidents`] – whom drawn incidents hit, what becomes of presets, and probes
//! * [`laws`] – conservation, the twin, the clairvoyant bound, under drawn weather
//! * [`limits`] – accounts, estimates and answers that are cut to size
//! * [`money`] – what is billed: windows, steps, currencies, price changes, broken work, fees
//! * [`records`] – requests, attempts and beliefs one by one, and the worst requests
//! * [`routers`] – routers as they really decide
//! * [`serving`] – memory, chunks, replicas and lost capacity, worked out by hand
//! * [`shipped`] – the scenarios of this repository, and real traces through the flagship's routers
//! * [`swarm`] – whole scenarios in which features meet by chance
//! * [`traffic`] – sources of requests
//! * [`trials`] – many scripts over one scenario, each the run that it stands for
//! * [`watched`] – of which lanes anybody could tell that they are down
//! * [`weather`] – what no router can change

mod cached;
mod causes;
mod classes;
mod exact;
mod faults;
mod flow;
mod incidents;
mod laws;
mod limits;
mod money;
mod network;
mod records;
mod residency;
mod routers;
mod serving;
mod shipped;
mod support;
mod swarm;
mod traffic;
mod trials;
mod watched;
mod weather;

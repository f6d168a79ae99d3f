//! The scenario file as data: every key a user may write, its unit, its default and where that comes from.
//!
//! These types are what `scenario.ron` holds, before and after resolving: defaults are filled in on reading,
//! so a scenario that is written out says everything it does. Keys that are not here are errors.
//!
//! * this file – the scenario as a whole
//! * [`traffic`] – workloads: when requests arrive and how long they are
//! * [`provider`] – providers, their other tenants, and endpoints
//! * [`serving`] – how an endpoint serves
//! * [`preset`] – endpoints to be like
//! * [`limits`] – what it refuses, and `tiers` that providers publish
//! * [`money`] – what it charges, and what gateways add
//! * [`network`] – links between regions
//! * [`routing`] – routers
//! * [`weather`] – faults, and processes that draw them
//! * [`incidents`] – presets of known providers that become processes
//! * [`probes`] – health probes
//! * [`profile`] – shapes over the hours of a day

pub mod incidents;
pub mod limits;
pub mod money;
pub mod network;
pub mod preset;
pub mod probes;
pub mod profile;
pub mod provider;
pub mod routing;
pub mod serving;
mod tiers;
pub mod traffic;
pub mod weather;

pub use incidents::{Incidents, Record};
pub use limits::{Charge, Limits, Refill};
pub use money::{Billed, Billing, CurrencyRate, Day, Fees, LongPrompt, PriceList, PriceWindow, WindowPrices};
pub use network::{Friction, Link, ResidualBlock};
pub use preset::Preset;
pub use probes::Probe;
pub use profile::Profile;
pub use provider::{Congestion, Endpoint, Provider};
pub use routing::{Clairvoyant, Fleet, Router, Strategy};
pub use sandbox_routers::preset::{MaxPrice, Timeouts};
pub use serving::{Serving, WhenAbandoned};
pub use traffic::{Arrivals, Clients, Conversations, GapLaw, Length, Part, Step, Workload};
pub use weather::{Also, FaultEntry, Found, Process, Script, SpanDist, Weather};

use sandbox_core::Span;
use serde::{Deserialize, Serialize};

use crate::clock::WallClock;

/// One scenario: who sends what, through which router, to which providers, under which weather.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name: file names and titles carry it.
    pub name: String,
    /// When the scenario starts, as a wall clock in a named zone: `"2026-11-18 00:00 Asia/Shanghai"`.
    /// Time axes are drawn in this zone.
    pub start: WallClock,
    /// How long it lasts.
    pub duration: Span,
    /// Requests that arrive before this are simulated but not counted.
    #[serde(default)]
    pub warm_up: Span,
    /// Seed of the weather, unless the command line gives another.
    #[serde(default = "one")]
    pub seed: u64,
    /// Width of a timeline bucket; by default the narrowest round width that gives at most 1,500 buckets.
    #[serde(default)]
    pub bucket: Option<Span>,
    /// Network links between regions; a region reaches itself in [`Link::WITHIN_REGION_RTT`]. Between regions whose
    /// names are known a link may be left out: see [`regions`](crate::regions).
    #[serde(default)]
    pub links: Vec<Link>,
    /// What other currencies than the dollar are worth.
    #[serde(default)]
    pub currencies: Vec<CurrencyRate>,
    /// Whose machines serve.
    pub providers: Vec<Provider>,
    /// What serves: one provider's deployment of one model.
    pub endpoints: Vec<Endpoint>,
    /// What chooses.
    pub routers: Vec<Router>,
    /// Who sends.
    pub workloads: Vec<Workload>,
    /// What goes wrong.
    #[serde(default)]
    pub weather: Weather,
    /// Who looks from outside, beside the traffic.
    #[serde(default)]
    pub probes: Vec<Probe>,
    /// Promises that the run is held against, like `"availability >= 99.9%"`.
    #[serde(default)]
    pub objectives: Vec<String>,
}

impl Scenario {
    /// What the draws of a fault's target are called: a provider, endpoint or router; the name itself of anything else.
    #[must_use]
    pub fn drawn_as<'a>(&'a self, target: &'a str) -> &'a str {
        let providers = self.providers.iter().map(|p| (&p.name, &p.draws_as));
        let endpoints = self.endpoints.iter().map(|e| (&e.name, &e.draws_as));
        let routers = self.routers.iter().map(|r| (&r.name, &r.draws_as));
        let mut given = providers
            .chain(endpoints)
            .chain(routers)
            .filter_map(|(name, draws)| Some((name, draws.as_ref()?)));
        given.find(|(name, _)| *name == target).map_or(target, |(_, drawn)| drawn)
    }

    /// All regions, in order of first mention: providers, routers, workloads, links.
    #[must_use]
    pub fn region_names(&self) -> Vec<&str> {
        let all = self.providers.iter().map(|p| &p.region);
        let all = all.chain(self.routers.iter().filter_map(|r| r.region.as_ref()));
        let all = all.chain(self.workloads.iter().map(|w| &w.region));
        let mut names: Vec<&str> = Vec::new();
        for region in all.chain(self.links.iter().flat_map(|l| [&l.from, &l.to])) {
            if !names.contains(&region.as_str()) {
                names.push(region);
            }
        }
        names
    }
}

/// What the random draws of a thing are called.
macro_rules! drawn {
    ($($thing:ty),*) => {$(
        impl $thing {
            /// What its random draws are called.
            #[must_use]
            pub fn drawn_as(&self) -> &str {
                self.draws_as.as_deref().unwrap_or(&self.name)
            }
        }
    )*};
}

drawn!(Provider, Endpoint, Router, Workload);

const fn one() -> u64 {
    1
}

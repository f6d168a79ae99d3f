//! [`RunData`]: all that a run directory holds, as plain data; reports and charts are made of it.

use sandbox_engine::explain::Story;
use sandbox_engine::output::{Flow, Ledger, Summary, Timeline};
use sandbox_model::Fault;

use crate::error::ReportError;
use crate::figure::{Clock, Figure};

/// All that a run directory holds.
#[derive(Clone, PartialEq, Debug)]
pub struct RunData {
    /// `summary.json`.
    pub summary: Summary,
    /// `timeline.csv`.
    pub timeline: Timeline,
    /// `ledger.csv`.
    pub ledger: Ledger,
    /// `flow.csv`.
    pub flow: Flow,
    /// `worst.json`: the requests that waited longest, the longest first.
    pub worst: Vec<Story>,
    /// `outages.ron`: pairs of a lane of the timeline and a fault that hits it.
    pub faults: Vec<(usize, Fault)>,
    /// `scenario.ron`, as far as reports show it.
    pub setting: Setting,
}

/// What was known of a run before it began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Wall clock at the start.
    pub clock: Clock,
    /// Names of the providers in the scenario's order, which decides their colours in every chart.
    pub providers: Vec<String>,
    /// Provider of each endpoint of the timeline, as an index into `providers`.
    pub provider_of: Vec<usize>,
    /// By lane of the timeline: whether any router that requests can come to keeps a memory that could believe it down.
    /// If not, that no router saw its faults says nothing of routers. Links are never watched.
    pub watched: Vec<bool>,
}

impl RunData {
    /// What the timeline picture shows.
    ///
    /// # Errors
    /// [`ReportError::NoSuchLane`] if a fault's lane is not in the timeline.
    pub fn figure(&self) -> Result<Figure, ReportError> {
        Figure::from_parts(&self.summary, &self.timeline, &self.faults, self.setting.clock.clone())
    }

    /// The provider of an endpoint, as an index into [`Setting::providers`].
    #[must_use]
    pub fn provider_of(&self, endpoint: &str) -> Option<usize> {
        let index = self.timeline.endpoints.iter().position(|name| name == endpoint)?;
        self.setting.provider_of.get(index).copied()
    }
}

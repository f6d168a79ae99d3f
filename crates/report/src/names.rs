//! [`Names`]: what the numbers of records stand for.

/// The names behind the numbers of [records](sandbox_engine::records), as in the scenario.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Names {
    /// Workloads.
    pub workloads: Vec<String>,
    /// Providers.
    pub providers: Vec<String>,
    /// Endpoints, then routers.
    pub nodes: Vec<Node>,
}

/// An endpoint or a router.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Of an endpoint: its provider, as an index into [`Names::providers`].
    pub provider: Option<usize>,
}

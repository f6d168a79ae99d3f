//! From a text to a scenario that can run, and from one such scenario to its variants.

use std::path::Path as FilePath;
use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use sandbox_core::{Span, Time};
use sandbox_model::{NodeId, ProviderId, Steps};
use sandbox_routers::Registry;

use crate::check::{self, Report};
use crate::clock::When;
use crate::file::{Arrivals, FaultEntry, Link, Process, Scenario, Script, Step, Workload};
use crate::objective::Objective;
use crate::problem::{Invalid, Problem, name_hint};
use crate::read::{fits, read};
use crate::resolved::{
    Node, NodeKind, Resolved, ResolvedArrivals, ResolvedProvider, ResolvedWorkload, TraceRow,
};
use crate::source::Source;
use crate::syntax::Path;
use crate::{tariff, trace, write};

/// Largest scenario or script: far above any that was written by hand or drawn.
const BYTES_MAX: usize = 64 << 20;
/// Most buckets of a timeline by default.
const BUCKETS: u64 = 1_500;

/// Recorded rows of each workload that has a trace, as they stand in the file.
type Traces = Vec<Option<Arc<[TraceRow]>>>;

impl Resolved {
    /// Reads, checks and resolves the scenario at `path`. Each of `overrides` is `key.path=value`.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn load(path: &FilePath, overrides: &[String]) -> Result<Self, Invalid> {
        Self::load_with(path, overrides, Arc::default())
    }

    /// The same for a scenario with strategies of your own.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn load_with(
        path: &FilePath,
        overrides: &[String],
        registry: Arc<Registry>,
    ) -> Result<Self, Invalid> {
        let text = read_text(path)?;
        Self::parse_with(&path.display().to_string(), &text, path.parent(), overrides, registry)
    }

    /// The same for a text; `name` stands for it in messages, and traces are looked for in `base_dir` first.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn parse(
        name: &str,
        text: &str,
        base_dir: Option<&FilePath>,
        overrides: &[String],
    ) -> Result<Self, Invalid> {
        Self::parse_with(name, text, base_dir, overrides, Arc::default())
    }

    /// The same for a scenario with strategies of your own.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn parse_with(
        name: &str,
        text: &str,
        base_dir: Option<&FilePath>,
        overrides: &[String],
        registry: Arc<Registry>,
    ) -> Result<Self, Invalid> {
        let mut source = source_of(name, text)?;
        for assignment in overrides {
            source.set(assignment, fits::<Scenario>)?;
        }
        let scenario: Scenario = read(&source)?;
        build(scenario, &source, base_dir, None, registry)
    }

    /// The same scenario under another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        let mut scenario = self.scenario;
        scenario.seed = seed;
        let source = Source::generated("another seed", write::scenario_to_text(&scenario));
        // No check looks at the seed, and traces are not read again.
        build(scenario, &source, None, Some(self.traces), self.registry).expect("a seed breaks no scenario")
    }

    /// The same scenario with every workload entering `router`, or one of them if written `workload=router`.
    ///
    /// # Errors
    /// If there is no such router or workload, or the router does not reach a workload's plan.
    pub fn with_entry(self, router: &str) -> Result<Self, Invalid> {
        let mut scenario = self.scenario;
        let origin = format!("--router {router}");
        let (workload, router) = match router.split_once('=') {
            Some((workload, router)) => (Some(workload.trim()), router.trim()),
            None => (None, router.trim()),
        };
        let bad = |message: String, hint: String| Err(Problem::bare(&origin, "", message, Some(hint)).into());
        let routers = scenario.routers.iter().map(|r| r.name.as_str());
        if !routers.clone().any(|name| name == router) {
            return bad(
                format!("no router is called `{router}`"),
                name_hint(router, "routers here", routers),
            );
        }
        let names = scenario.workloads.iter().map(|w| w.name.as_str());
        if let Some(workload) = workload.filter(|workload| !names.clone().any(|name| name == *workload)) {
            return bad(
                format!("no workload is called `{workload}`"),
                name_hint(workload, "workloads here", names),
            );
        }
        let enters = |w: &&mut Workload| workload.is_none_or(|name| w.name == name);
        for workload in scenario.workloads.iter_mut().filter(enters) {
            router.clone_into(&mut workload.entry);
        }
        let source = Source::generated(&origin, write::scenario_to_text(&scenario));
        build(scenario, &source, None, Some(self.traces), self.registry)
    }

    /// The same scenario with the faults of `script` instead of those written down, and without processes.
    /// `source` names the script in messages.
    ///
    /// # Errors
    /// What is wrong with its targets and times.
    pub fn with_script(self, script: Script, source: &str) -> Result<Self, Invalid> {
        let text = Source::generated(source, write::script_file_to_text(&script));
        self.replace_script(script, &text)
    }

    /// The same for a script file; messages say where in the file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn with_script_file(self, path: &FilePath) -> Result<Self, Invalid> {
        let source = source_of(&path.display().to_string(), &read_text(path)?)?;
        let script: Script = read(&source)?;
        self.replace_script(script, &source)
    }

    fn replace_script(mut self, script: Script, source: &Source) -> Result<Self, Invalid> {
        let mut report = Report::new(source);
        let faults = check::script(&self.scenario, &script.faults, &Path::root("faults"), &mut report);
        report.finish()?;
        self.script = faults;
        self.scenario.weather.script = Script::from(self.script.clone()).faults;
        self.scenario.weather.processes.clear();
        self.process_speed.clear();
        Ok(self)
    }
}

/// Reads an outage script; its targets and times are checked by [`Resolved::with_script`].
///
/// # Errors
/// If the file cannot be read or is not a script.
pub fn load_script(path: &FilePath) -> Result<Script, Invalid> {
    let source = source_of(&path.display().to_string(), &read_text(path)?)?;
    read(&source)
}

fn read_text(path: &FilePath) -> Result<String, Invalid> {
    let origin = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        let near = path.parent().and_then(|dir| {
            let dir = if dir.as_os_str().is_empty() { FilePath::new(".") } else { dir };
            let mut names: Vec<String> = std::fs::read_dir(dir)
                .ok()?
                .flatten()
                .map(|e| e.file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            let name = path.file_name()?.to_string_lossy().into_owned();
            let near =
                crate::problem::nearest(&name, names.iter().map(String::as_str).filter(|n| *n != name))?;
            Some(format!("did you mean `{}`?", path.with_file_name(near).display()))
        });
        Invalid::unreadable(&origin, &error, near)
    })?;
    String::from_utf8(bytes).map_err(|_| {
        let hint = "a scenario is a RON file; traces are named in it by `arrivals: Trace(file: …)`";
        Problem::bare(&origin, "", "is not a text file".to_owned(), Some(hint.to_owned())).into()
    })
}

fn source_of(name: &str, text: &str) -> Result<Source, Invalid> {
    if text.len() > BYTES_MAX {
        let message = format!("{} MB are too large for a scenario or a script", text.len() >> 20);
        return Err(Problem::bare(name, "", message, Some("is it another file?".to_owned())).into());
    }
    let source = Source::new(name, text);
    source.slip().map_or(Ok(source), |slip| Err(slip.into()))
}

/// Checks a scenario and resolves it. `traces` spares reading them again.
fn build(
    mut scenario: Scenario,
    source: &Source,
    base: Option<&FilePath>,
    traces: Option<Traces>,
    registry: Arc<Registry>,
) -> Result<Resolved, Invalid> {
    let mut report = Report::new(source);
    let known = check::known_links(&scenario);
    scenario.links.extend(known);
    check::all(&scenario, &registry, &mut report);
    let at = Path::root("weather").key("script");
    let script = check::script(&scenario, &scenario.weather.script, &at, &mut report);
    let objectives = objectives(&scenario, &mut report);
    let traces = traces.unwrap_or_else(|| read_traces(&mut scenario, base, &mut report));
    report.finish()?;

    // All names and numbers are good from here on.
    let regions: Vec<String> = scenario.region_names().into_iter().map(str::to_owned).collect();
    let region = |name: &str| regions.iter().position(|r| r == name).unwrap_or_default();
    scenario.weather.script = Script::from(script.clone()).faults;
    let presets = std::mem::take(&mut scenario.weather.incidents);
    let drawn: Vec<_> =
        presets.iter().flat_map(|preset| preset.processes(scenario.drawn_as(&preset.target))).collect();
    scenario.weather.processes.extend(drawn);
    for process in &mut scenario.weather.processes {
        let kind = process.kind;
        process.also.iter_mut().for_each(|also| also.kind = also.kind.or(Some(kind)));
    }
    let bucket = scenario.bucket.unwrap_or_else(|| default_bucket(scenario.duration));
    scenario.bucket = Some(bucket);
    let nodes = nodes(&scenario, region);
    let topology = topology(&nodes);
    let curve =
        |profile: &crate::file::Profile, mean| profile.curve(mean, &scenario.start, scenario.duration);
    let providers = scenario.providers.iter().map(|provider| ResolvedProvider {
        region: region(&provider.region),
        // A whole day at least, so that the curve has the daily minimum in it.
        competing: provider
            .congestion
            .as_ref()
            .map(|c| c.profile.curve(c.mean, &scenario.start, scenario.duration.max(Span::from_hours(24)))),
    });
    // A whole day at least, like competing load: the calm sky has its daily minimum.
    let day = scenario.duration.max(Span::from_hours(24));
    let friction = |link: &Link| {
        let profile = &link.friction.as_ref()?.profile;
        Some(profile.curve(1.0 / profile.peak(), &scenario.start, day))
    };
    let speed = |process: &Process| curve(&process.profile, 1.0);
    let find = |name: &str| {
        let index = nodes.iter().position(|node| node.name == name);
        NodeId::from_index(index.unwrap_or_default())
    };
    let graph = check::Graph::new(&scenario);
    let workloads = scenario.workloads.iter().zip(&traces).map(|(workload, rows)| ResolvedWorkload {
        region: region(&workload.region),
        entry: find(&workload.entry),
        plan: find(&workload.plan),
        permitted: check::permitted(&scenario, &graph, workload),
        arrivals: arrivals(workload, rows.as_deref(), &scenario),
    });
    Ok(Resolved {
        providers: providers.collect(),
        workloads: workloads.collect(),
        process_speed: scenario.weather.processes.iter().map(speed).collect(),
        tariffs: scenario.endpoints.iter().map(|e| tariff::tariff(&scenario, &e.price)).collect(),
        links: links(&scenario.links, &regions),
        friction: scenario.links.iter().map(friction).collect(),
        regions,
        topology,
        nodes,
        script,
        objectives,
        bucket,
        traces,
        registry,
        scenario,
    })
}

fn objectives(scenario: &Scenario, report: &mut Report<'_>) -> Vec<Objective> {
    let workloads: Vec<&str> = scenario.workloads.iter().map(|w| w.name.as_str()).collect();
    let mut objectives = Vec::new();
    for (index, text) in scenario.objectives.iter().enumerate() {
        match Objective::parse(text, &workloads) {
            Ok(objective) => objectives.push(objective),
            Err(error) => report.say(&Path::root("objectives").at(index), error.message, error.hint),
        }
    }
    objectives
}

/// Reads the traces, and puts the absolute paths of their files into the scenario.
fn read_traces(scenario: &mut Scenario, base: Option<&FilePath>, report: &mut Report<'_>) -> Traces {
    let mut traces = Traces::new();
    for (index, workload) in scenario.workloads.iter_mut().enumerate() {
        let mut rows = None;
        if let Arrivals::Trace { file, .. } = &mut workload.arrivals
            && !file.trim().is_empty()
        {
            let path = Path::root("workloads").at(index).key("arrivals").key("file");
            match trace::find(file, base) {
                Err(tried) => {
                    let hint = format!("{tried}; paths are relative to the scenario file");
                    report.say(&path, format!("there is no file `{file}`"), hint);
                }
                Ok(found) => match trace::read(&found) {
                    Ok(read) => {
                        rows = Some(read.into());
                        *file = found.display().to_string();
                    }
                    Err(invalid) => {
                        for mut problem in invalid.problems {
                            problem.path = report.source.shown(&path);
                            problem.message = format!("the trace {}", problem.message);
                            report.problems.push(problem);
                        }
                    }
                },
            }
        }
        traces.push(rows);
    }
    traces
}

fn links(written: &[Link], regions: &[String]) -> Vec<Vec<Option<Link>>> {
    let between = |a: &String, b: &String| {
        let link = written.iter().find(|link| link.joins(a, b));
        link.cloned().or_else(|| (a == b).then(|| Link::within(a)))
    };
    regions.iter().map(|a| regions.iter().map(|b| between(a, b)).collect()).collect()
}

fn nodes(scenario: &Scenario, region: impl Fn(&str) -> usize) -> Vec<Node> {
    let endpoints = scenario.endpoints.iter().enumerate().map(|(index, endpoint)| {
        let provider =
            scenario.providers.iter().position(|p| p.name == endpoint.provider).unwrap_or_default();
        Node {
            name: endpoint.name.clone(),
            drawn_as: endpoint.drawn_as().to_owned(),
            kind: NodeKind::Endpoint { index, provider: ProviderId::from_index(provider) },
            region: Some(region(&scenario.providers[provider].region)),
            targets: Vec::new(),
        }
    });
    let graph = check::Graph::new(scenario);
    let routers = scenario.routers.iter().enumerate().map(|(index, router)| Node {
        name: router.name.clone(),
        drawn_as: router.drawn_as().to_owned(),
        kind: NodeKind::Router { index },
        region: router.region.as_deref().map(&region),
        targets: graph.targets[scenario.endpoints.len() + index]
            .iter()
            .copied()
            .map(NodeId::from_index)
            .collect(),
    });
    endpoints.chain(routers).collect()
}

fn topology(nodes: &[Node]) -> DiGraph<NodeId, ()> {
    let mut topology = DiGraph::new();
    for index in 0..nodes.len() {
        topology.add_node(NodeId::from_index(index));
    }
    for (index, node) in nodes.iter().enumerate() {
        for target in &node.targets {
            topology.add_edge(NodeIndex::new(index), NodeIndex::new(target.index()), ());
        }
    }
    topology
}

fn arrivals(workload: &Workload, rows: Option<&[TraceRow]>, scenario: &Scenario) -> ResolvedArrivals {
    let (start, duration) = (&scenario.start, scenario.duration);
    match &workload.arrivals {
        Arrivals::Poisson { rate, profile }
        | Arrivals::Renewal { rate, profile, .. }
        | Arrivals::Bursts { rate, profile, .. }
        | Arrivals::Clients { rate, profile, .. } => {
            ResolvedArrivals::Drawn { rate: profile.curve(rate.as_per_second(), start, duration) }
        }
        Arrivals::Steps { steps } => {
            let step = |step: &Step| (Time::ZERO + step.from, step.rate.as_per_second());
            ResolvedArrivals::Steps(Steps::new(steps.iter().map(step).collect()))
        }
        Arrivals::Trace { speed, quantum, .. } => {
            let rows = rows.unwrap_or_default();
            let rows = trace::arrivals(rows, &workload.name, scenario.seed, *speed, *quantum, duration);
            ResolvedArrivals::Trace(rows.into())
        }
    }
}

/// The narrowest round width that gives at most [`BUCKETS`] buckets.
fn default_bucket(duration: Span) -> Span {
    const SECONDS: [u64; 17] =
        [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];
    let fits = |width: &Span| duration.as_nanos().div_ceil(width.as_nanos()) <= BUCKETS;
    let days = |n: u64| Span::from_hours(24 * n);
    SECONDS.into_iter().map(Span::from_secs).chain((1..).map(days)).find(fits).unwrap_or(days(1))
}

impl From<sandbox_model::OutageScript> for Script {
    fn from(script: sandbox_model::OutageScript) -> Self {
        let entry = |fault: sandbox_model::Fault| FaultEntry {
            target: fault.target,
            kind: fault.kind,
            from: When::Offset(fault.from),
            until: When::Offset(fault.until),
        };
        Self { found: None, faults: script.faults.into_iter().map(entry).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_round_and_at_most_1500() {
        for (hours, width) in [(1, 5), (2, 5), (24, 60), (48, 120), (24 * 7, 600), (24 * 365, 21_600)] {
            assert_eq!(default_bucket(Span::from_hours(hours)), Span::from_secs(width), "{hours} h");
        }
        assert_eq!(default_bucket(Span::from_hours(24 * 3_000)), Span::from_hours(48));
    }
}

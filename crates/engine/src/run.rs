//! Runs a scenario and its control twin.

use sandbox_core::{SimError, Simulation, Span, Time};
use sandbox_model::{NodeId, OutageScript};
use sandbox_scenario::Resolved;

use crate::conservation::{self, Violation};
use crate::explain::{Explanation, Recorder, Story};
use crate::machine::clients::record_of;
use crate::machine::{Keeps, Listeners, Log, Machine};
use crate::monitor::Monitor;
use crate::output::summary::Scope;
use crate::output::{Flow, Ledger, Summary, Timeline};
use crate::paths::End;
use crate::recording::Recording;
use crate::records::{BeliefRecord, Records};
use crate::slab::NONE;
use crate::summarise;
use crate::waterfall::Step;
use crate::weather::{self, Sky};
use crate::worst::{self, Worst};

/// What a run may be told besides the scenario.
#[derive(Default)]
pub struct RunOptions<'a> {
    /// Told now and then which share of the scenario (0 to 1) is done.
    pub progress: Option<&'a mut dyn FnMut(f64)>,
    /// Receives every event of the run (not of its twin), in order.
    pub log: Option<Log>,
    /// Explain one request of the run: index of its workload, and number of its arrival from 0.
    pub explain: Option<(usize, u64)>,
    /// Tell the stories of so many of the worst requests: those of [`RunOutput::worst`]. Stretches of the run are then
    /// simulated a second time.
    pub worst: usize,
    /// Receives each request, attempt and belief of the run (not of its twin) as it ends.
    pub records: Option<Box<dyn Records>>,
    /// Watches the run (not its twin).
    pub monitor: Option<Box<dyn Monitor>>,
    /// What made this run, for [`Summary::repro`].
    pub repro: String,
}

/// What a run yields.
#[derive(Debug)]
pub struct RunOutput {
    /// The run in numbers.
    pub summary: Summary,
    /// The run over time.
    pub timeline: Timeline,
    /// Who was billed for what.
    pub ledger: Ledger,
    /// Where requests went.
    pub flow: Flow,
    /// The counted requests that waited longest for a first token or, if they got none, for their failure or the end of
    /// the scenario; the longest first, and of those that waited alike the first to arrive.
    pub worst: Vec<Story>,
    /// The control twin in numbers, all workloads together.
    pub twin: Scope,
    /// The faults of the run, as drawn.
    pub script: OutageScript,
    /// The faults by lane of the timeline: a fault on a provider hits all its endpoints.
    pub lane_faults: Vec<(usize, sandbox_model::Fault)>,
    /// Of the request that was to be explained.
    pub explanation: Option<Explanation>,
    /// What has watched the run.
    pub monitor: Option<Box<dyn Monitor>>,
}

/// Why a run failed. Never the scenario's fault: that was checked when it was read.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Virtual time stood still.
    #[error(transparent)]
    Simulation(#[from] SimError),
    /// Something got lost.
    #[error(transparent)]
    Conservation(#[from] Violation),
}

/// Slices of a run, between which progress is told.
pub(crate) const SLICES: u64 = 256;

/// Runs a scenario under its seed's weather, and its control twin under a calm sky, side by side.
///
/// # Errors
/// A bug of this program: see [`RunError`].
pub fn run(resolved: &Resolved, options: RunOptions<'_>) -> Result<RunOutput, RunError> {
    let script = weather::outage_script(resolved);
    let RunOptions { progress, log, repro, explain, monitor, worst, records } = options;
    let records = records.map(|sink| Box::new(Recording::new(sink)));
    let recorder = explain.map(|(workload, number)| Recorder::new(workload, number));
    let mut silent = |_: f64| {};
    let progress = progress.unwrap_or(&mut silent);
    let (main, twin) = std::thread::scope(|scope| {
        let twin = scope.spawn(|| {
            let mut twin = start(resolved, &script, Sky::Calm, Keeps::Books);
            simulate(&mut twin, &mut |_| {}).map(|()| twin.model)
        });
        let mut main = start(resolved, &script, Sky::Drawn, Keeps::Everything);
        main.model.listeners = Listeners {
            log,
            explain: recorder.into_iter().collect(),
            monitor,
            worst: Worst::new(worst),
            records,
        };
        if let Some(monitor) = &mut main.model.listeners.monitor {
            monitor.knows(&script);
        }
        let main = worst::simulate(&mut main, progress).map(|copies| (main.model, copies));
        // A panic in the twin is a broken law: it goes on here.
        (main, twin.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let ((mut main, copies), twin) = (main?, twin?);
    let explanation = main
        .listeners
        .explain
        .pop()
        .zip(explain)
        .map(|(recorder, (workload, _))| recorder.finish(resolved, main.world.workloads[workload].drawn));
    if let Some(monitor) = &mut main.listeners.monitor {
        monitor.over(main.end);
    }
    conservation::check(&main, resolved)?;
    conservation::check(&twin, resolved)?;
    let worst = copies.stories(resolved, &main)?;
    let output = finish(resolved, &script, &main, &twin, repro)?;
    Ok(RunOutput { worst, explanation, monitor: main.listeners.monitor, ..output })
}

/// Runs the control twin of a run alone, and yields of it all that [`run()`] yields of a run: the same arrivals in calm
/// weather. Its timeline has the lanes of the run whose twin it is; it has no faults, and its own twin is itself.
///
/// # Errors
/// A bug of this program: see [`RunError`].
pub fn control_twin(resolved: &Resolved, repro: String) -> Result<RunOutput, RunError> {
    let calm = OutageScript::default();
    let mut twin = start(resolved, &calm, Sky::Calm, Keeps::Everything);
    simulate(&mut twin, &mut |_| {})?;
    let twin = twin.model;
    conservation::check(&twin, resolved)?;
    let mut output = finish(resolved, &calm, &twin, &twin, repro)?;
    output.timeline = summarise::timeline(resolved, &weather::outage_script(resolved), &twin, &twin);
    Ok(output)
}

/// From a finished run and its twin to what they yield.
pub(crate) fn finish(
    resolved: &Resolved,
    script: &OutageScript,
    main: &Machine,
    twin: &Machine,
    repro: String,
) -> Result<RunOutput, RunError> {
    let summary = summarise::summary(resolved, script, main, twin, repro);
    let timeline = summarise::timeline(resolved, script, main, twin);
    let ledger = summarise::ledger(resolved, main);
    conservation::check_ledger(main, &ledger)?;
    let flow = main.paths.flow(resolved);
    conservation::check_flow(main, &flow)?;
    Ok(RunOutput {
        summary,
        timeline,
        ledger,
        flow,
        worst: Vec::new(),
        twin: summarise::whole(twin),
        script: script.clone(),
        lane_faults: summarise::lane_faults(resolved, script),
        explanation: None,
        monitor: None,
    })
}

/// Runs one sky to its end.
pub(crate) fn simulate(
    simulation: &mut Simulation<Machine>,
    progress: &mut dyn FnMut(f64),
) -> Result<(), SimError> {
    let end = simulation.model.end;
    for slice in 1..=SLICES {
        simulation.run_until(slice_end(end, slice))?;
        progress(slice as f64 / SLICES as f64);
    }
    simulation.model.finish();
    Ok(())
}

pub(crate) fn slice_end(end: Time, slice: u64) -> Time {
    let whole = end.since(Time::ZERO);
    Time::ZERO + if slice == SLICES { whole } else { Span::from_nanos(whole.as_nanos() / SLICES * slice) }
}

/// A simulation with its first events scheduled.
pub(crate) fn start(
    resolved: &Resolved,
    script: &OutageScript,
    sky: Sky,
    keeps: Keeps,
) -> Simulation<Machine> {
    let mut queue = sandbox_core::EventQueue::new();
    let machine = Machine::new(resolved, script, sky, keeps, &mut queue);
    let mut simulation = Simulation::new(machine);
    simulation.queue = queue;
    simulation
}

impl Machine {
    /// The scenario is over: what routers still believe ends with it, and bills that are on their way are entered.
    pub(crate) fn finish(&mut self) {
        let records = &mut self.listeners.records;
        self.beliefs.finish(self.end, |node, from, until| {
            if let Some(records) = records {
                records.belief(&BeliefRecord { target: NodeId(node as u16), from, until });
            }
        });
        self.buckets.finish();
        for attempt in self.attempts.iter().filter(|attempt| attempt.counted && attempt.served != NONE) {
            let served = &self.completed[attempt.served];
            self.workload_tallies[attempt.workload as usize].bill(served.billed, served.fees);
            self.cells.serve(attempt.workload, served, false);
            // In flight is not served: its bill makes up for part of what is missing there.
            self.steps.add(Step::NotServed, 0, served.billed);
            if self.keeps == Keeps::Everything {
                let (start, off) = self.requests[attempt.request].way();
                self.paths.bill_in_flight(start, off, served);
            }
        }
        let alive: Vec<u32> = self.requests.ids().filter(|&id| self.requests[id].counted).collect();
        for id in alive {
            let (key, arrived) = (self.requests[id].key, self.requests[id].arrived);
            if let Some(worst) =
                self.listeners.worst.as_mut().filter(|_| self.requests[id].first_token.is_none())
            {
                worst.note(self.end.since(arrived), arrived, key);
            }
            self.miss(id, self.end);
            if self.keeps == Keeps::Everything {
                let (start, off) = self.requests[id].way();
                self.paths.lose(start, off, End::InFlight);
            }
        }
        if let Some(records) = &mut self.listeners.records {
            for request in self.requests.iter() {
                records.request(&record_of(request, None, None));
            }
            records.finish(self.end);
        }
    }
}

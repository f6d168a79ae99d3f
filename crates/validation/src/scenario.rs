//! Runs scenarios: the way a user's run does, with a count of what happens in each second.

use std::sync::{Arc, Mutex};

use sandbox_core::Time;
use sandbox_engine::{EventKind, EventRecord, RunOptions, RunOutput};
use sandbox_model::{Answer, NodeId};
use sandbox_scenario::Resolved;

/// One endpoint and one library router in one place, with a network that takes no time to speak of.
pub(crate) struct OneServer<'a> {
    pub(crate) duration: &'a str,
    /// Keys of `serving`.
    pub(crate) serving: &'a str,
    /// Keys of the router's `Fallback`, after its target.
    pub(crate) fallback: &'a str,
    pub(crate) arrivals: &'a str,
    pub(crate) output: &'a str,
    /// Entries of the script.
    pub(crate) script: &'a str,
    /// Copies of the router and its workload, each with the same arrival rate.
    pub(crate) clients: u32,
}

impl OneServer<'_> {
    pub(crate) fn resolve(&self) -> Resolved {
        let Self { duration, serving, fallback, arrivals, output, script, clients } = self;
        let (mut routers, mut workloads) = (String::new(), String::new());
        for client in 0..*clients {
            routers += &format!(
                r#"(name: "router-{client}", strategy: Fallback(targets: ["server"], {fallback})),"#
            );
            workloads += &format!(
                r#"(name: "client-{client}", region: "here", entry: "router-{client}", plan: "server",
                    arrivals: {arrivals}, output: {output}),"#
            );
        }
        parse(&format!(
            r#"(name: "check", start: "2026-11-18 00:00 Asia/Shanghai", duration: "{duration}", 
                links: [(from: "here", to: "here", rtt: "1us", jitter: 0.0)],
                providers: [(name: "provider", region: "here")],
                endpoints: [(name: "server", provider: "provider", serving: ({serving}),
                    price: (input: "$1/M", output: "$1/M"))],
                routers: [{routers}], workloads: [{workloads}], weather: (script: [{script}]))"#
        ))
    }
}

/// Reads a scenario that a check wrote.
pub(crate) fn parse(text: &str) -> Resolved {
    Resolved::parse("check.ron", text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

pub(crate) fn run(resolved: &Resolved) -> RunOutput {
    sandbox_engine::run(resolved, RunOptions::default()).expect("no law is broken")
}

/// A run, and what `watch` made of its events.
pub(crate) fn run_watched<T: Send + 'static>(
    resolved: &Resolved,
    start: T,
    mut watch: impl FnMut(&mut T, &EventRecord) + Send + 'static,
) -> (RunOutput, T) {
    let seen = Arc::new(Mutex::new(Some(start)));
    let inside = Arc::clone(&seen);
    let log = Box::new(move |record: &EventRecord| {
        if let Some(seen) = inside.lock().expect("nobody panics with it").as_mut() {
            watch(seen, record);
        }
    });
    let output = sandbox_engine::run(resolved, RunOptions { log: Some(log), ..RunOptions::default() })
        .expect("no law is broken");
    let seen = seen.lock().expect("nobody panics with it").take();
    (output, seen.expect("taken once"))
}

/// What happened at one endpoint, by second.
#[derive(Clone, Default)]
pub(crate) struct Seconds {
    /// Attempts that reached it.
    pub(crate) delivered: Vec<f64>,
    /// Whole answers that reached a caller who still waited.
    pub(crate) answered: Vec<f64>,
}

impl Seconds {
    fn add(row: &mut Vec<f64>, at: Time) {
        let second = (at.as_nanos() / 1_000_000_000) as usize;
        if row.len() <= second {
            row.resize(second + 1, 0.0);
        }
        row[second] += 1.0;
    }

    /// Mean of the seconds from `from` to before `until`.
    pub(crate) fn mean(row: &[f64], from: usize, until: usize) -> f64 {
        (from..until).map(|second| row.get(second).copied().unwrap_or(0.0)).sum::<f64>()
            / (until - from) as f64
    }
}

/// A run, and what happened at its endpoint `name` by second.
pub(crate) fn run_by_second(resolved: &Resolved, name: &str) -> (RunOutput, Seconds) {
    let node: NodeId = resolved.node(name).expect("the check names its endpoint");
    run_watched(resolved, Seconds::default(), move |seconds, record| {
        if record.node != Some(node) {
            return;
        }
        match (record.kind, record.answer) {
            (EventKind::Deliver, _) => Seconds::add(&mut seconds.delivered, record.at),
            // Without a request its caller gave up while it was on its way back.
            (EventKind::Return, Some(Answer::Ok)) if record.request.is_some() => {
                Seconds::add(&mut seconds.answered, record.at)
            }
            _ => {}
        }
    })
}

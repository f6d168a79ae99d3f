//! Small scenarios to order.

use sandbox_engine::{EventRecord, RunOptions, RunOutput};
use sandbox_scenario::Resolved;

use crate::records;

/// A scenario in parts, each of them RON text.
pub(crate) struct Small {
    pub(crate) duration: &'static str,
    pub(crate) endpoints: String,
    pub(crate) routers: String,
    pub(crate) workloads: String,
    pub(crate) faults: String,
}

/// An endpoint with one constant decode step, whose answers are worked out easily.
pub(crate) fn endpoint(name: &str, provider: &str, more_serving: &str, more: &str, price: &str) -> String {
    format!(
        r#"(name: "{name}", provider: "{provider}",
            serving: (prefill_base: "100ms", prefill_per_token: "0s", step_base: "10ms", sequences: 8, {more_serving}),
            {more} price: (input: "{price}", output: "{price}")),"#
    )
}

/// Two endpoints in one place, one request a second, an ordered fallback.
pub(crate) fn fallback(strategy_extras: &str, faults: &str) -> Small {
    Small {
        duration: "10m",
        endpoints: endpoint("plan", "a", "", "", "$1/M") + &endpoint("spare", "b", "", "", "$3/M"),
        routers: format!(
            r#"(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 0, {strategy_extras})),"#
        ),
        workloads: workload("router", "plan", "1/s"),
        faults: faults.to_owned(),
    }
}

pub(crate) fn workload(entry: &str, plan: &str, rate: &str) -> String {
    format!(
        r#"(name: "w", region: "here", entry: "{entry}", plan: "{plan}", arrivals: Poisson(rate: "{rate}"),
            input: Constant(100), output: Constant(51), deadline: "60s"),"#
    )
}

impl Small {
    pub(crate) fn text(&self) -> String {
        let Self { duration, endpoints, routers, workloads, faults } = self;
        format!(
            r#"(name: "small", start: "2026-11-18 00:00 UTC", duration: "{duration}",
                links: [(from: "here", to: "here", rtt: "20ms", jitter: 0.0)],
                providers: [(name: "a", region: "here"), (name: "b", region: "here"), (name: "c", region: "here")],
                endpoints: [{endpoints}], routers: [{routers}], workloads: [{workloads}],
                weather: (script: [{faults}]))"#
        )
    }

    pub(crate) fn resolve(&self) -> Resolved {
        let text = self.text();
        Resolved::parse("small.ron", &text, None, &[]).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
    }

    pub(crate) fn run(&self) -> RunOutput {
        run(&self.resolve())
    }
}

pub(crate) fn run(resolved: &Resolved) -> RunOutput {
    sandbox_engine::run(resolved, RunOptions::default()).expect("no law is broken")
}

/// A run and all its events. It is recorded, too, and its records are held against what it says.
pub(crate) fn run_logged(resolved: &Resolved) -> (RunOutput, Vec<EventRecord>) {
    let (send, receive) = std::sync::mpsc::channel();
    let log =
        Box::new(move |record: &EventRecord| send.send(*record).expect("the receiver outlives the run"));
    let shared = records::Shared::default();
    let options = RunOptions {
        log: Some(log),
        worst: records::WORST,
        records: Some(Box::new(shared.clone())),
        ..RunOptions::default()
    };
    let output = sandbox_engine::run(resolved, options).expect("no law is broken");
    records::hold(resolved, &output, &shared.0.lock().unwrap());
    (output, receive.iter().collect())
}

/// A fault, in RON.
pub(crate) fn fault(target: &str, kind: &str, from: &str, until: &str) -> String {
    format!(r#"(target: "{target}", kind: {kind}, from: "{from}", until: "{until}"),"#)
}

//! A stage for one router: endpoints that fail when they are told to, requests at given times, no network in between.
//!
//! The router under test is a gateway called `router`; a client without a second try of its own stands in front.

use std::sync::atomic::{AtomicU32, Ordering};

use sandbox_core::Time;
use sandbox_engine::{EventKind, RunOutput};
use sandbox_model::Answer;
use sandbox_scenario::Resolved;

use crate::support::run_logged;

/// What happens on stage. All of it is RON but the times.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// Name, price per million tokens in and out [$], and further keys of each endpoint.
    pub(crate) endpoints: Vec<(String, f64, String)>,
    /// The strategy of `router`.
    pub(crate) strategy: String,
    /// Other routers, whole entries.
    pub(crate) routers: String,
    /// When requests arrive [ms].
    pub(crate) requests: Vec<u64>,
    /// Faults, whole entries.
    pub(crate) faults: String,
    /// Further keys of each endpoint's `serving`.
    pub(crate) serving: String,
    /// An endpoint in a region of its own called `far`, and how far it is.
    pub(crate) far: Option<(&'static str, &'static str)>,
    /// How long the client waits.
    pub(crate) deadline: &'static str,
    /// Further keys of the workload.
    pub(crate) workload: String,
    pub(crate) start: &'static str,
    pub(crate) duration: &'static str,
    pub(crate) seed: u64,
}

/// What became of one request.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Played {
    /// Attempts at endpoints: seconds since the request arrived, and the endpoint.
    pub(crate) attempts: Vec<(f64, String)>,
    /// What the client got, and after how many seconds; none if it was still waiting at the end.
    pub(crate) answer: Option<(Answer, f64)>,
}

impl Played {
    /// The endpoints in the order in which they were asked, joined by commas.
    pub(crate) fn order(&self) -> String {
        self.attempts.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(",")
    }

    /// When each attempt began [s].
    pub(crate) fn times(&self) -> Vec<f64> {
        self.attempts.iter().map(|&(at, _)| at).collect()
    }

    /// The status that the client got; 200 if it was served.
    pub(crate) fn status(&self) -> u16 {
        self.answer.expect("it was answered").0.status().0
    }
}

impl Stage {
    /// Endpoints of these names, all at a dollar, that never fail; a request every ten seconds.
    pub(crate) fn new(endpoints: &[&str], strategy: &str, requests: usize) -> Self {
        Self {
            endpoints: endpoints.iter().map(|&name| (name.to_owned(), 1.0, String::new())).collect(),
            strategy: strategy.to_owned(),
            routers: String::new(),
            requests: (0..requests as u64).map(|n| 10_000 * n).collect(),
            faults: String::new(),
            serving: String::new(),
            far: None,
            deadline: "10m",
            workload: String::new(),
            start: "2026-11-18 00:00 UTC",
            duration: "24h",
            seed: 1,
        }
    }

    /// `target` answers with `status` for the whole time.
    pub(crate) fn always(self, target: &str, status: u16) -> Self {
        let duration = self.duration;
        self.fails(target, &format!("Down(status: {status})"), "0s", duration)
    }

    /// A fault.
    pub(crate) fn fails(mut self, target: &str, kind: &str, from: &str, until: &str) -> Self {
        self.faults += &crate::support::fault(target, kind, from, until);
        self
    }

    /// The first one at 0, as a trace begins with its first request.
    pub(crate) fn requests_at(mut self, millis: impl IntoIterator<Item = u64>) -> Self {
        self.requests = millis.into_iter().collect();
        assert!(
            self.requests.first().is_none_or(|&first| first == 0),
            "a trace begins with its first request"
        );
        self
    }

    /// The scenario, with its arrivals in a file beside it.
    pub(crate) fn resolve(&self) -> Resolved {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let trace = std::env::temp_dir().join(format!("sandbox-stage-{}-{number}.jsonl", std::process::id()));
        let row = |ms: &u64| format!("{{\"timestamp\":{ms},\"input_length\":100,\"output_length\":11}}\n");
        std::fs::write(&trace, self.requests.iter().map(row).collect::<String>()).expect("a temporary file");
        let endpoint = |(name, price, more): &(String, f64, String)| {
            format!(
                r#"(name: "{name}", provider: "provider of {name}",
                    serving: (prefill_base: "100ms", prefill_per_token: "0s", step_base: "10ms", sequences: 100000, {}),
                    price: (input: "${price}/M", output: "${price}/M"), {more}),"#,
                self.serving,
            )
        };
        let provider = |(name, ..): &(String, f64, String)| {
            let far = self.far.is_some_and(|(endpoint, _)| endpoint == name);
            let region = if far { "far" } else { "here" };
            format!(r#"(name: "provider of {name}", region: "{region}"),"#)
        };
        let way = |(_, rtt)| format!(r#"(from: "here", to: "far", rtt: "{rtt}", jitter: 0.0),"#);
        let Self { strategy, routers, faults, deadline, workload, start, duration, seed, .. } = self;
        let text = format!(
            r#"(name: "stage", start: "{start}", duration: "{duration}", seed: {seed}, bucket: "10m",
                links: [(from: "here", to: "here", rtt: "0s", jitter: 0.0), {}],
                providers: [{}], endpoints: [{}],
                routers: [
                    (name: "client", strategy: Single(target: "router")),
                    (name: "router", region: "here", strategy: {strategy}),
                    {routers}
                ],
                workloads: [(name: "w", region: "here", entry: "client", plan: "{}", deadline: "{deadline}",
                    arrivals: Trace(file: "{}"), {workload})],
                weather: (script: [{faults}]))"#,
            self.far.map(way).unwrap_or_default(),
            self.endpoints.iter().map(provider).collect::<String>(),
            self.endpoints.iter().map(endpoint).collect::<String>(),
            self.endpoints[0].0,
            trace.display(),
        );
        let resolved = Resolved::parse("stage.ron", &text, None, &[]);
        std::fs::remove_file(&trace).expect("it was written above");
        resolved.unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
    }

    /// Plays it: what became of each request, in order of arrival.
    pub(crate) fn play(&self) -> Vec<Played> {
        self.play_with_output().0
    }

    pub(crate) fn play_with_output(&self) -> (Vec<Played>, RunOutput) {
        let resolved = self.resolve();
        let (output, log) = run_logged(&resolved);
        let mut played: Vec<(Time, Played)> = Vec::new();
        for record in log {
            let Some((_, number)) = record.request else { continue };
            if record.kind == EventKind::Arrival {
                played.push((record.at, Played { attempts: Vec::new(), answer: None }));
                continue;
            }
            let Some(node) = record.node else { continue };
            let name = &resolved.nodes[node.index()].name;
            let (arrived, played) = &mut played[number as usize];
            // To the microsecond: no round trip is shorter than a nanosecond.
            let after = (record.at.since(*arrived).as_nanos() / 1_000) as f64 / 1e6;
            match record.kind {
                EventKind::Deliver if self.endpoints.iter().any(|(known, ..)| known == name) => {
                    played.attempts.push((after, name.clone()));
                }
                EventKind::Return if name == "router" => {
                    played.answer = Some((record.answer.expect("answers return"), after));
                }
                _ => {}
            }
        }
        (played.into_iter().map(|(_, played)| played).collect(), output)
    }
}

/// Earliest and latest beginning of each attempt over many requests, which all ask `order` [s].
pub(crate) fn ranges(played: &[Played], order: &str) -> Vec<(f64, f64)> {
    let mut ranges: Vec<(f64, f64)> = played[0].times().iter().map(|&at| (at, at)).collect();
    for played in played {
        assert_eq!(played.order(), order);
        for (range, at) in ranges.iter_mut().zip(played.times()) {
            *range = (range.0.min(at), range.1.max(at));
        }
    }
    ranges
}

/// Inside the range, and reaching into `edge` of it at both ends.
pub(crate) fn fills(seen: (f64, f64), low: f64, high: f64, edge: f64) {
    let width = high - low;
    assert!((low..=low + edge * width).contains(&seen.0), "{seen:?} of {low}-{high}");
    assert!((high - edge * width..=high).contains(&seen.1), "{seen:?} of {low}-{high}");
}

/// How often each of `names` was the first to be asked.
pub(crate) fn first_choices(played: &[Played], names: &[&str]) -> Vec<u64> {
    let first = |name: &&str| {
        played.iter().filter(|p| p.attempts.first().is_some_and(|(_, asked)| asked == name)).count() as u64
    };
    names.iter().map(first).collect()
}

/// Pearson's statistic of counts against expected shares.
pub(crate) fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let n = counts.iter().sum::<u64>() as f64;
    let term = |(&count, share): (&u64, &f64)| {
        let off = count as f64 - n * share;
        off * off / (n * share)
    };
    counts.iter().zip(shares).map(term).sum()
}

/// The 99.9 % quantiles of chi-square with 1 to 5 degrees of freedom.
pub(crate) const CHI_SQUARE_999: [f64; 5] = [10.83, 13.82, 16.27, 18.47, 20.52];

//! Whole small scenarios around a router, drawn: topologies, traffic, congestion, limits, prices, residency.
//!
//! For Rust users whose router should keep its promises wherever it is put. Each case first draws which features are on,
//! each with chance 1/2, then small numbers for those. Every choice has a name of its own and depends on nothing else, so a
//! scenario shrinks by switching features off while the rest of it stays as it is.
//!
//! ```
//! use proptest::strategy::{Strategy, ValueTree};
//! use proptest::test_runner::TestRunner;
//! use sandbox_testkit::weather::scenario::Scenarios;
//!
//! let scenarios = Scenarios::around(r#"Fallback(targets: ["direct", "grid"], cooldown: (length: "15s"))"#)?;
//! let mut runner = TestRunner::deterministic();
//! let drawn = scenarios.new_tree(&mut runner).expect("drawing never fails").current();
//! assert!(drawn.weather.targets().any(|target| target == "direct"));
//! # Ok::<(), sandbox_scenario::Invalid>(())
//! ```
//!
//! # What there is in each of them
//!
//! | name | what it is |
//! |---|---|
//! | `direct` | an endpoint: the plan. Its provider is `maker`, in `east` |
//! | `grid` | an endpoint in `west`; with the feature *grid* a gateway there with 1 to 3 upstreams, `up1` to `up3`, the first of which is `maker`'s with *same provider* |
//! | `spare` | an endpoint in `north` |
//! | `router` | the router that is asked about, in front of them; with *gateway* in `west`, else a library |
//! | `app` | the workload, in `east`; with *nested* it enters `outer`, which asks `router` and then `spare` |
//! | `batch` | with *second workload*: another, in `west`, that enters `router` too |
//!
//! Numbers are assumptions: small enough that a case is quick, large enough that a minute's outage hits hundreds of requests.

use std::sync::Arc;

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sandbox_core::{Rng, hash_name};
use sandbox_routers::Registry;
use sandbox_scenario::{Invalid, Resolved};

use super::Weather;

/// What can be on or off.
pub const FEATURES: [&str; 24] = [
    "grid",
    "same provider",
    "gateway",
    "nested",
    "second workload",
    "bursts",
    "surge",
    "clients",
    "conversations",
    "lengths",
    "max_tokens",
    "whole",
    "deadline",
    "congestion",
    "queue",
    "noise",
    "limits",
    "account",
    "prices",
    "windows",
    "fees",
    "residency",
    "loss",
    "warm_up",
];

/// A strategy for scenarios around a router.
#[derive(Clone, Debug)]
pub struct Scenarios {
    strategy: String,
    registry: Arc<Registry>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The scenario as text: what `sandbox run` and `sandbox check` take.
    pub text: String,
    /// The same, ready to run. Its sky is clear.
    pub resolved: Resolved,
    /// What may go wrong in it.
    pub weather: Weather,
    /// The features that are on.
    pub features: Vec<&'static str>,
}

impl Scenarios {
    /// Scenarios around a router that chooses by `strategy`, as a scenario file has it. Its targets are of `direct`, `grid`
    /// and `spare`; `direct` is one of them, for it is the plan.
    ///
    /// # Errors
    /// What is wrong with the strategy.
    pub fn around(strategy: impl Into<String>) -> Result<Self, Invalid> {
        Self::around_with(strategy, Arc::default())
    }

    /// The same for a strategy of your own.
    ///
    /// # Errors
    /// What is wrong with the strategy.
    pub fn around_with(strategy: impl Into<String>, registry: Arc<Registry>) -> Result<Self, Invalid> {
        let scenarios = Self { strategy: strategy.into(), registry };
        scenarios.resolve(&Plan { on: 0, numbers: 0 })?;
        Ok(scenarios)
    }

    fn resolve(&self, plan: &Plan) -> Result<(String, Resolved), Invalid> {
        let text = tidy(&plan.text(&self.strategy));
        let resolved = Resolved::parse_with("drawn.ron", &text, None, &[], Arc::clone(&self.registry))?;
        Ok((text, resolved))
    }

    fn draw(&self, plan: &Plan) -> Drawn {
        let (text, resolved) =
            self.resolve(plan).unwrap_or_else(|invalid| panic!("a bug of the test kit: {invalid}"));
        let weather = Weather::new(&resolved);
        let features = FEATURES.into_iter().filter(|feature| plan.has(feature)).collect();
        Drawn { text, resolved, weather, features }
    }
}

impl Strategy for Scenarios {
    type Tree = ScenarioTree;
    type Value = Drawn;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let on = runner.rng().next_u64() as u32 & ((1 << FEATURES.len()) - 1);
        let plan = Plan { on, numbers: runner.rng().next_u64() };
        Ok(ScenarioTree { scenarios: self.clone(), fails: plan, tried: None, next: 0 })
    }
}

/// A scenario that can be shrunk: to fewer features.
#[derive(Clone, Debug)]
pub struct ScenarioTree {
    scenarios: Scenarios,
    fails: Plan,
    tried: Option<Plan>,
    /// The next candidate of `fails`.
    next: usize,
}

impl ScenarioTree {
    /// Without half of what is on, a quarter and so on, down to one feature.
    fn advance(&mut self) -> bool {
        let on: Vec<u32> = (0..FEATURES.len() as u32).filter(|bit| self.fails.on >> bit & 1 == 1).collect();
        let sizes = std::iter::successors(Some(on.len()), |size| (*size > 1).then_some(size / 2));
        let chunk = sizes.filter(|size| *size > 0).flat_map(|size| on.chunks(size)).nth(self.next);
        self.next += 1;
        self.tried = chunk.map(|chunk| {
            let off = chunk.iter().fold(0, |mask, bit| mask | 1 << bit);
            Plan { on: self.fails.on & !off, ..self.fails }
        });
        self.tried.is_some()
    }
}

impl ValueTree for ScenarioTree {
    type Value = Drawn;

    fn current(&self) -> Drawn {
        self.scenarios.draw(self.tried.as_ref().unwrap_or(&self.fails))
    }

    fn simplify(&mut self) -> bool {
        if let Some(fails) = self.tried.take() {
            self.fails = fails;
            self.next = 0;
        }
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        self.tried.is_some() && self.advance()
    }
}

/// A scenario to be.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Plan {
    /// Bit `n` says whether feature `n` of [`FEATURES`] is on.
    on: u32,
    numbers: u64,
}

impl Plan {
    fn has(self, feature: &str) -> bool {
        let bit = FEATURES.iter().position(|name| *name == feature);
        bit.is_some_and(|bit| self.on >> bit & 1 == 1)
    }

    /// A number below `end` that `name` stands for.
    fn below(self, name: &str, end: u64) -> u64 {
        sandbox_core::Seed::new(self.numbers).noise("scenario").at(hash_name(name), 0).next_u64() % end
    }

    fn pick<'a>(self, name: &str, from: &[&'a str]) -> &'a str {
        from[self.below(name, from.len() as u64) as usize]
    }

    /// `text` if the feature is on.
    fn if_on(self, feature: &str, text: impl Into<String>) -> String {
        if self.has(feature) { text.into() } else { String::new() }
    }

    fn text(self, strategy: &str) -> String {
        let provider = |name: &str, region: &str| {
            let mean = 2 + self.below(&format!("{name} congestion"), 5);
            let congestion = self.if_on(
                "congestion",
                format!(r#"congestion: (mean: 0.{mean}, noise: 0.3, memory: "40s", profile: Flat)"#),
            );
            format!(r#"        (name: "{name}", region: "{region}", {congestion}),{NL}"#)
        };
        let providers = [("maker", "east"), ("rival", "west"), ("third", "north")]
            .map(|(name, region)| provider(name, region))
            .concat();
        let entry = if self.has("nested") { "outer" } else { "router" };
        let workloads = self.workload("app", "east", entry)
            + &self.if_on("second workload", self.workload("batch", "west", "router"));
        format!(
            r#"(
    name: "drawn", start: "2026-11-18 00:00 UTC", duration: "{}s", seed: {}, {}
    links: [
{}    ],
    providers: [
{providers}    ],
    endpoints: [
{}    ],
    routers: [
{}    ],
    workloads: [
{workloads}    ],
)
"#,
            300 + 60 * self.below("duration", 6),
            self.below("seed", 1_000),
            self.if_on("warm_up", r#"warm_up: "30s","#),
            [("east", "west"), ("east", "north"), ("west", "north")].map(|way| self.link(way)).concat(),
            self.endpoints(),
            self.routers(strategy),
        )
    }

    fn link(self, (from, to): (&str, &str)) -> String {
        let name = format!("{from} {to}");
        let rtt = 5 + self.below(&name, 200);
        let loss = self.if_on("loss", format!("loss: 0.0{},", self.below(&format!("{name} loss"), 6)));
        format!(r#"        (from: "{from}", to: "{to}", rtt: "{rtt}ms", {loss}),{NL}"#)
    }

    /// How many upstreams the grid has; none if it is an endpoint.
    fn upstreams(self) -> u64 {
        if self.has("grid") { 1 + self.below("upstreams", 3) } else { 0 }
    }

    fn endpoints(self) -> String {
        let mut text = self.endpoint("direct", "maker", 1) + &self.endpoint("spare", "third", 3);
        if self.upstreams() == 0 {
            text += &self.endpoint("grid", "rival", 2);
        }
        let first = if self.has("same provider") { "maker" } else { "rival" };
        for (number, provider) in (1..=self.upstreams()).zip([first, "rival", "third"]) {
            text += &self.endpoint(&format!("up{number}"), provider, 2);
        }
        text
    }

    /// `dear`: how many times the plan's price it costs, about.
    fn endpoint(self, name: &str, provider: &str, dear: u64) -> String {
        let number = |key: &str, end| self.below(&format!("{name} {key}"), end);
        let pick = |key: &str, from: &[&'static str]| self.pick(&format!("{name} {key}"), from);
        let mut serving = format!(
            r#"prefill_base: "{}ms", prefill_per_token: "{}us", step_base: "{}ms", sequences: {}, "#,
            50 + number("base", 300),
            20 + number("per token", 200),
            2 + number("step", 20),
            if self.has("queue") { 8 + number("sequences", 60) } else { 1_000 },
        );
        if self.has("queue") {
            let wait = pick("wait", &["", r#"queue_wait: "500ms", "#, r#"queue_wait: "5s", "#]);
            serving += &format!("queue: {}, {wait}", number("queue", 30));
        }
        serving += &self.if_on("noise", "prefill_noise: 0.3, ");
        let mut limits = String::new();
        // Endpoints of one account have the same limits.
        let account = self.has("account") && provider == "maker";
        if account {
            limits += r#"account: "ours", rpm: 600, "#;
        }
        if self.has("limits") && !account {
            limits += &format!("rpm: {}, ", 120 + number("rpm", 600));
            if number("has tpm", 2) == 1 {
                limits += &format!("tpm: {}, ", 40_000 + number("tpm", 400_000));
            }
            limits += &format!("refill: {}, ", pick("refill", &["Continuous", "Window"]));
            limits += &format!("retry_after: {}, ", number("retry after", 2) == 1);
        }
        let cents = |key: &str, base: u64| dear * base + number(key, base);
        let mut price = if self.has("prices") {
            let (input, output) = (cents("input", 30), cents("output", 90));
            format!(r#"input: "$0.{input:03}/M", output: "$0.{output:03}/M", "#)
        } else {
            format!(r#"input: "${dear}/M", output: "${}/M", "#, 3 * dear)
        };
        price += &self.if_on(
            "windows",
            format!(r#"windows: [(from: "00:02", until: "00:04", factor: 0.{})], "#, 1 + number("window", 9)),
        );
        format!(
            r#"        (name: "{name}", provider: "{provider}", model: "m", serving: ({serving}),
         limits: ({limits}), price: ({price})),{NL}"#
        )
    }

    fn routers(self, strategy: &str) -> String {
        let gateway = self.if_on("gateway", r#"region: "west", overhead: "5ms", "#);
        let mut text = format!(r#"        (name: "router", {gateway}strategy: {strategy}),{NL}"#);
        let upstreams: Vec<String> = (1..=self.upstreams()).map(|n| format!(r#""up{n}""#)).collect();
        if !upstreams.is_empty() {
            let fees = self.if_on("fees", "fees: (credit: 0.055), ");
            let targets = upstreams.join(", ");
            let how = self.pick("grid", &["OpenRouterLegacy", "Fallback"]);
            text += &format!(
                r#"        (name: "grid", region: "west", overhead: "20ms", {fees}strategy: {how}(targets: [{targets}])),{NL}"#
            );
        }
        text + &self.if_on(
            "nested",
            format!(r#"        (name: "outer", strategy: Fallback(targets: ["router", "spare"])),{NL}"#),
        )
    }

    fn workload(self, name: &str, region: &str, entry: &str) -> String {
        let number = |key: &str, end| self.below(&format!("{name} {key}"), end);
        let rate = 2 + number("rate", 4);
        let arrivals = if self.has("surge") {
            // A surge of some times the rate, in the middle.
            let (from, times) = (90 + number("surge", 60), 2 + number("surge height", 4));
            let (until, high) = (from + 20 + number("surge length", 60), rate * times);
            format!(
                r#"Steps(steps: [(from: "0s", rate: "{rate}/s"), (from: "{from}s", rate: "{high}/s"), (from: "{until}s", rate: "{rate}/s")])"#
            )
        } else if self.has("bursts") {
            format!(r#"Bursts(rate: "{rate}/s", pace: "{}/s", lasting: "4s")"#, 2 * rate)
        } else {
            format!(r#"Poisson(rate: "{rate}/s")"#)
        };
        let length = |key: &str| match number(key, 2) {
            _ if !self.has("lengths") => "Constant(100)",
            0 => "Lognormal(median: 200.0, sigma: 1.0, max: 4000)",
            _ => "Exponential(mean: 120.0, max: 2000)",
        };
        let more = [
            self.if_on("clients", "clients: (count: 40, skew: 1.1), "),
            self.if_on(
                "conversations",
                r#"conversations: (turns: 3.0, think: Lognormal(median: "5s", sigma: 0.6), grows: true, context_max: 8000), "#,
            ),
            self.if_on("max_tokens", "max_tokens: 300, "),
            self.if_on("whole", "stream: false, "),
            self.if_on("residency", r#"residency: ["east", "west"], "#),
        ];
        let deadline = if self.has("deadline") { 8 + number("deadline", 30) } else { 120 };
        format!(
            r#"        (name: "{name}", region: "{region}", entry: "{entry}", plan: "direct", arrivals: {arrivals},
         input: {}, output: {}, deadline: "{deadline}s", {}),{NL}"#,
            length("input"),
            length("output"),
            more.concat()
        )
    }
}

const NL: &str = "\n";

/// Takes away what features that are off have left: empty keys and commas before nothing.
fn tidy(text: &str) -> String {
    let text = text.replace(", )", ")").replace(" limits: (),", "");
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, NL]).collect()
}

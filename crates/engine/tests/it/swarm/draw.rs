//! Draws whole scenarios as text: first which features are on, then small numbers for those.
//!
//! Every choice has a name of its own and depends on nothing else, so that a failing scenario shrinks by switching
//! features off while the rest of it stays as it is.

use std::fmt::Write as _;

/// What can be on or off. Bit `n` of [`Draw::on`] is the `n`th.
pub(super) const FEATURES: [&str; 45] = [
    "arrivals",
    "conversations",
    "cacheable",
    "max_tokens",
    "whole",
    "clients",
    "lengths",
    "second workload",
    "kv_tokens",
    "prefill_chunk",
    "step_per_kv_token",
    "replicas",
    "prefix_cache",
    "preset",
    "stops",
    "queue",
    "noise",
    "limits",
    "account",
    "narrows",
    "congestion",
    "loss",
    "friction",
    "residual_block",
    "residency",
    "cached",
    "steps",
    "windows",
    "surge",
    "currency",
    "billing",
    "fees",
    "gateway",
    "cooldown",
    "retry_budget",
    "timeouts",
    "probes",
    "warm_up",
    "faults",
    "processes",
    "breaker",
    "hedge",
    "hedged grid",
    "spill",
    "composed",
];

/// What makes a calm sky: without these a run is its control twin.
pub(super) const WEATHER: [&str; 5] = ["faults", "processes", "congestion", "friction", "residual_block"];

/// What lets requests leave the plan in calm weather.
pub(super) const SQUEEZE: [&str; 17] = [
    "limits",
    "account",
    "narrows",
    "timeouts",
    "loss",
    "kv_tokens",
    "queue",
    "preset",
    "replicas",
    "prefill_chunk",
    "step_per_kv_token",
    "whole",
    "cooldown",
    "hedge",
    "hedged grid",
    "spill",
    "composed",
];

/// When the next target is asked, too.
const HEDGE_AFTER: [&str; 4] = ["1ns", "50ms", "400ms", "3s"];

/// A scenario to be.
#[derive(Copy, Clone, Debug)]
pub(super) struct Draw {
    pub(super) on: u64,
    pub(super) numbers: u64,
}

impl Draw {
    fn has(self, feature: &str) -> bool {
        let bit = FEATURES.iter().position(|name| *name == feature).expect("features are in the list");
        self.on >> bit & 1 == 1
    }

    /// The same scenario without some features.
    pub(super) fn without(self, features: &[&str]) -> Self {
        let off = |(bit, name): (usize, &&str)| u64::from(features.contains(name)) << bit;
        Self { on: self.on & !FEATURES.iter().enumerate().map(off).sum::<u64>(), ..self }
    }

    /// A number below `end` that `name` stands for.
    fn below(self, name: &str, end: u64) -> u64 {
        let mut hash = self.numbers ^ 0x9E37_79B9_7F4A_7C15;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (hash ^ (hash >> 31)) % end
    }

    fn pick<'a>(self, name: &str, from: &[&'a str]) -> &'a str {
        from[self.below(name, from.len() as u64) as usize]
    }

    fn coin(self, name: &str) -> bool {
        self.below(name, 2) == 1
    }

    /// `text` if the feature is on.
    fn if_on(self, feature: &str, text: impl Into<String>) -> String {
        if self.has(feature) { text.into() } else { String::new() }
    }

    fn seconds(self) -> u64 {
        240 + 60 * self.below("duration", 6)
    }

    /// The scenario. `extra` adds a workload, an endpoint and a fault process that touch nothing else.
    pub(super) fn text(self, extra: bool) -> String {
        let own = |text: &'static str| if extra { text } else { "" };
        let endpoints: String = [("plan", "a"), ("twin", "a"), ("up1", "a"), ("up2", "b"), ("spare", "c")]
            .map(|e| self.endpoint(e))
            .concat();
        let provider = |name: &str, region: &str| {
            let congestion = self.if_on(
                "congestion",
                format!(
                    "congestion: (mean: 0.{}, noise: 0.3, memory: \"40s\", profile: Flat),",
                    2 + self.below(name, 6)
                ),
            );
            let billing = self.if_on("billing", format!("billing: ({}),", self.billing(name)));
            format!("(name: \"{name}\", region: \"{region}\", {congestion} {billing}),")
        };
        format!(
            r#"(name: "swarm", start: "2026-11-18 00:00 UTC", duration: "{}s", seed: {}, {} {}
                links: [{} {} {} {}],
                providers: [{} {} {} {}],
                endpoints: [{endpoints} {}],
                routers: [{} {}],
                workloads: [{} {} {}],
                {}
                weather: (script: [{}], processes: [{} {}], incidents: [{}]))"#,
            self.seconds(),
            self.below("seed", 1000),
            self.if_on("warm_up", "warm_up: \"45s\","),
            self.if_on(
                "currency",
                r#"currencies: [(code: "CNY", usd: "$0.1403"), (code: "EUR", usd: "$1.1")],"#
            ),
            self.link("east", "west"),
            self.link("east", "north"),
            self.link("west", "north"),
            own(r#"(from: "nowhere", to: "nowhere", rtt: "5ms"),"#),
            provider("a", "east"),
            provider("b", "west"),
            provider("c", "north"),
            own(r#"(name: "x", region: "nowhere", congestion: (mean: 0.3, noise: 0.2)),"#),
            own(
                r#"(name: "other", provider: "x", model: "m", limits: (rpm: 100), price: (input: "$1/M", output: "$2/M"),
                    serving: (like: GroqLike, sequences: 4)),"#
            ),
            self.routers(),
            own(r#"(name: "beside", strategy: Single(target: "other")),"#),
            self.workload("w", "east", self.pick("entry", &["hybrid", "one", "knows"]), "plan"),
            self.if_on("second workload", self.workload("v", "west", "grid", "grid")),
            own(r#"(name: "u", region: "nowhere", entry: "beside", plan: "other",
                    arrivals: Bursts(rate: "1/s", pace: "2/s", lasting: "5s")),"#),
            self.probes(),
            self.if_on("faults", self.faults()),
            self.if_on("processes", self.processes()),
            own(r#"(name: "theirs", target: "x", kind: Down(), between: Exponential(mean: "30s"),
                    lasting: Constant("9s")),"#),
            self.if_on("processes", self.incidents()),
        )
    }

    fn link(self, from: &str, to: &str) -> String {
        let name = |key: &str| format!("{from}{to}{key}");
        format!(
            "(from: \"{from}\", to: \"{to}\", rtt: \"{}ms\", keep_alive: \"{}s\", {} {} {}),",
            self.below(&name("rtt"), 200),
            self.below(&name("keep_alive"), 3) * 20,
            self.if_on("loss", format!("loss: 0.0{},", self.below(&name("loss"), 10))),
            self.if_on(
                "friction",
                format!(
                    "friction: (toward: \"{}\", loss: 0.{}, delay: \"40ms\", profile: {}),",
                    self.pick(&name("toward"), &[from, to]),
                    self.below(&name("friction"), 9),
                    self.pick(&name("profile"), &["Flat", "ChinaSlowHours", "DeepSeekDay"])
                )
            ),
            self.if_on("residual_block", "residual_block: (chance: 0.02, length: \"30s\"),")
        )
    }

    fn billing(self, name: &str) -> String {
        ["failed", "cut", "abandoned"]
            .map(|key| {
                format!("{key}: {},", self.pick(&format!("{name}{key}"), &["Nothing", "Prompt", "Made"]))
            })
            .concat()
    }

    fn endpoint(self, (name, provider): (&str, &str)) -> String {
        let pick = |key: &str, from: &[&'static str]| self.pick(&format!("{name} {key}"), from).to_owned();
        let number = |key: &str, end| self.below(&format!("{name} {key}"), end);
        // Endpoints of one account have the same limits.
        let holder = if self.has("account") && matches!(name, "plan" | "twin") { "account" } else { name };
        let preset = [
            "DeepSeekV3",
            "DeepSeekV4",
            "Llama4",
            "GroqLike",
            "ClaudeLike",
            "Llama70bH100Tp8",
            "Bloom176bA100",
        ];
        let mut serving = match self.has("preset") && number("preset", 2) == 1 {
            true => format!("like: {}, ", pick("like", &preset)),
            false => format!(
                "prefill_base: \"{}ms\", prefill_per_token: \"{}us\", step_base: \"{}ms\", sequences: {}, ",
                number("base", 300),
                1 + number("per_token", 400),
                1 + number("step", 30),
                if self.has("queue") { 2 + number("sequences", 30) } else { 1_000 }
            ),
        };
        for (feature, text) in [
            ("kv_tokens", format!("kv_tokens: {}, ", 300 + number("kv", 30_000))),
            ("prefill_chunk", format!("prefill_chunk: {}, ", pick("chunk", &["1", "16", "512", "8192"]))),
            ("step_per_kv_token", format!("step_per_kv_token: \"{}ns\", ", number("kv step", 3_000))),
            ("replicas", format!("replicas: {}, ", 1 + number("replicas", 5))),
            ("prefix_cache", format!("prefix_cache: \"{}s\", ", 1 + number("cache", 120))),
            ("stops", "when_abandoned: Stops, ".to_owned()),
            ("queue", format!("queue: {}, ", number("queue", 9))),
            ("queue", pick("queue_wait", &["", "queue_wait: \"500ms\",", "queue_wait: \"5s\","])),
            ("noise", "prefill_noise: 0.4, ".to_owned()),
        ] {
            // Not all endpoints have what is on.
            if self.has(feature) && number(feature, 3) > 0 {
                serving += &text;
            }
        }
        format!(
            "(name: \"{name}\", provider: \"{provider}\", model: \"m\", serving: ({serving}), limits: ({}), price: ({}), {}),",
            self.limits(holder),
            self.price(name),
            self.if_on("billing", format!("billing: ({}),", self.billing(name)))
        )
    }

    fn limits(self, name: &str) -> String {
        let number = |key: &str, end| self.below(&format!("{name} limit {key}"), end);
        let mut limits = String::new();
        if name == "account" {
            limits += "account: \"acme\", rpm: 90,";
        }
        if self.has("limits") {
            for (key, low, high) in [
                ("rpm", 20, 300),
                ("rph", 200, 3_000),
                ("rpd", 200, 3_000),
                ("tpm", 5_000, 200_000),
                ("tpd", 50_000, 900_000),
                ("itpm", 5_000, 100_000),
                ("otpm", 1_000, 50_000),
            ] {
                if number(key, 3) == 0 && !(name == "account" && key == "rpm") {
                    let _ = write!(limits, "{key}: {},", low + number(&format!("{key} n"), high - low));
                }
            }
            let _ = write!(
                limits,
                "refill: {}, charge: {}, quantum: \"{}\", retry_after: {},",
                self.pick(&format!("{name} refill"), &["Continuous", "Window"]),
                self.pick(&format!("{name} charge"), &["Actual", "Estimate", "Afterwards"]),
                self.pick(&format!("{name} quantum"), &["1m", "1s", "7s", "100ms"]),
                number("retry_after", 2) == 1,
            );
        }
        if self.has("narrows") {
            let _ = write!(
                limits,
                "concurrency: {}, narrows: 0.{},",
                1 + number("concurrency", 20),
                number("narrows", 10)
            );
        }
        limits
    }

    fn price(self, name: &str) -> String {
        let yuan = self.has("currency") && self.coin(&format!("{name} yuan"));
        let quote = |key: &str| {
            let units = 1 + self.below(&format!("{name} {key}"), 90);
            if yuan { format!("\"¥{units}.7/M\"") } else { format!("\"${units}.13/M\"") }
        };
        let mut price = format!("input: {}, output: {},", quote("input"), quote("output"));
        price += &self.if_on("cached", format!("cached: {},", quote("cached")));
        price += &self.if_on(
            "steps",
            format!(
                "steps: [(above: 300, input: {}, output: {}), (above: 3000, input: {}, output: \"$9/M\")],",
                quote("s1"),
                quote("s2"),
                quote("s3")
            ),
        );
        price += &self.if_on(
            "windows",
            format!(
                "windows: [(from: \"00:01\", until: \"00:04\", factor: 0.{}), (from: \"00:05\", until: \"00:00\", price: (input: {}, output: {}))],",
                1 + self.below(name, 9), quote("w1"), quote("w2")
            ),
        );
        price += &self.if_on("surge", "surge: 1.5,");
        price
    }

    fn routers(self) -> String {
        let cooldown = self.if_on(
            "cooldown",
            "cooldown: (failures: 2, within: \"10s\", length: \"15s\", at_once: [\"429\"], retry_after: true),",
        );
        let budget = self.if_on("retry_budget", "retry_budget: (per_call: 0.2, cap: 3.0),");
        let timers = ["first_token: \"2s\"", "total: \"5s\"", "first_token: \"900ms\", total: \"20s\""];
        let timeouts =
            |who: &str| self.if_on("timeouts", format!("timeouts: ({}),", self.pick(who, &timers)));
        let gateway = self.if_on("gateway", "region: \"west\", overhead: \"7ms\",");
        let fees = self.if_on(
            "fees",
            "fees: (credit: 0.055, byok: 0.05, byok_targets: [\"up2\"], byok_free: \"$0.002\"),",
        );
        let grid = if self.has("hedged grid") {
            format!(r#"Composed(targets: ["up1", "up2"], pick: Uniform, {}"#, self.hedge("grid"))
        } else {
            format!(
                r#"OpenRouterLegacy(targets: ["up1", "up2"], {} {}"#,
                self.pick("order", &["", "order: [\"up2\"],", "order: [\"up2\", \"up1\"],"]),
                self.pick("allow", &["", "", "allow_fallbacks: false,"]),
            )
        };
        format!(
            r#"(name: "hybrid", {gateway} strategy: {} {})),
               (name: "grid", region: "west", {fees} strategy: {grid} {})),
               (name: "one", strategy: Single(target: "plan", {})),
               (name: "knows", strategy: Clairvoyant(targets: ["plan", "grid", "spare"], {})),"#,
            self.hybrid(&cooldown, &budget),
            timeouts("hybrid"),
            timeouts("grid"),
            timeouts("one"),
            timeouts("knows"),
        )
    }

    /// How the hybrid chooses, up to its timers.
    fn hybrid(self, cooldown: &str, budget: &str) -> String {
        let targets = r#"targets: ["plan", "twin", "grid", "spare"]"#;
        let jitter = self.pick("jitter", &["None", "Added(\"750ms\")", "Scaled(0.5, 1.5)"]);
        let backoff = format!(
            r#"backoff: (base: "{}ms", max: "3s", jitter: {jitter}, retry_after_max: "10s")"#,
            self.below("backoff", 900)
        );
        let retries = self.below("retries", 4);
        let number = |key: &str, end| self.below(&format!("breaker {key}"), end);
        let rule = format!(
            r#"(failures: {}, share: 0.{}, window: "{}s", length: "{}s", growth: 1.5, length_max: "1m", probes: {}, successes: {}, ramp: "{}s")"#,
            1 + number("failures", 4),
            number("share", 10),
            1 + number("window", 30),
            1 + number("length", 30),
            1 + number("probes", 3),
            1 + number("successes", 3),
            10 * number("ramp", 4),
        );
        let breaker = self.if_on("breaker", format!("breaker: {rule},"));
        let most = |key: &str| self.pick(key, &["1", "3", "None"]);
        let spill = format!(
            r#"(floor: 0.1, per_success: 0.02, cut: 0.5, slow: {})"#,
            self.pick("slow", &["None", "\"1s\"", "\"100ms\""])
        );
        if self.has("composed") {
            let ordinary = ["Ordered", "Uniform", "RoundRobin", "LeastBusy", "PowerOfTwo", "LowestCost"];
            let pick = if self.has("spill") {
                format!("Spill{spill}")
            } else {
                self.pick("pick", &ordinary).to_owned()
            };
            let cooldown = self.if_on("cooldown", r#"Cooldown(failures: 2, length: "5s"),"#);
            format!(
                r#"Composed({targets}, groups: [["plan", "twin"], ["grid", "spare", "twin"]], pick: {pick}, {}
                    in_flight: [{}, {}, {}, None], spend: [(targets: ["grid"], usd: "$0.0{}", per: "1h")],
                    memory: [{cooldown} {}], when_all_out: {}, most_targets: {},
                    retry: (retries: {retries}, {backoff}, rounds: {}, rules: [(on: ["429", "5xx"], at: {}), (on: ["400-499"], at: Other, waits: Never)]),"#,
                self.if_on("hedge", self.hedge("hybrid")),
                most("cap plan"),
                most("cap twin"),
                most("cap grid"),
                1 + self.below("spend", 99),
                self.if_on("breaker", format!("Breaker{rule}")),
                self.pick("all out", &["Leave", "Try"]),
                self.pick("most targets", &["None", "2"]),
                self.below("rounds", 2),
                self.pick("at", &["Same", "Any", "Other"]),
            )
        } else if self.has("spill") {
            format!(
                "AdaptiveSpill({targets}, spill: {spill}, {breaker} in_flight: [{}, None, None, None],",
                most("cap plan")
            )
        } else if self.has("hedge") {
            let (after, most) = (self.pick("hybrid after", &HEDGE_AFTER), 1 + self.below("hybrid most", 3));
            format!("TtftHedge({targets}, after: \"{after}\", most: {most}, {breaker}")
        } else if self.has("breaker") {
            format!("Breaker({targets}, retries: {retries}, {backoff}, {breaker}")
        } else {
            format!("Fallback({targets}, retries: {retries}, {backoff}, {cooldown} {budget}")
        }
    }

    fn hedge(self, who: &str) -> String {
        let after = self.pick(&format!("{who} after"), &HEDGE_AFTER);
        format!("hedge: (after: \"{after}\", most: {}),", 1 + self.below(&format!("{who} most"), 3))
    }

    fn length(self, name: &str) -> &'static str {
        if !self.has("lengths") {
            return "Constant(200)";
        }
        let laws = [
            "Constant(1)",
            "Lognormal(median: 200.0, sigma: 1.1, max: 4000)",
            "Exponential(mean: 120.0, max: 4000)",
            "Pareto(min: 20.0, shape: 1.3, max: 6000)",
            "Quantiles([1, 50, 900])",
            "Empirical([12, 80, 400])",
            "Mixture([(weight: 0.9, of: Constant(80)), (weight: 0.1, of: Lognormal(median: 2000.0, sigma: 0.5, max: 9000))])",
        ];
        laws[self.below(name, 7) as usize]
    }

    fn workload(self, name: &str, region: &str, entry: &str, plan: &str) -> String {
        let rate = 1 + self.below(&format!("{name} rate"), 3);
        let arrivals = if self.has("arrivals") {
            let cv = self.pick(&format!("{name} cv"), &["0.2", "1.0", "3.0"]);
            let law = self.pick(&format!("{name} law"), &["Gamma", "Weibull"]);
            match self.below(&format!("{name} arrivals"), 4) {
                0 => format!("Renewal(rate: \"{rate}/s\", cv: {cv}, law: {law})"),
                1 => format!(
                    "Bursts(rate: \"{rate}/s\", pace: \"3/s\", lasting: \"4s\", profile: DeepSeekDay)"
                ),
                2 => format!(
                    "Steps(steps: [(from: \"0s\", rate: \"{rate}/s\"), (from: \"60s\", rate: \"0/s\"), (from: \"90s\", rate: \"4/s\")])"
                ),
                _ => format!("Clients(rate: \"{rate}/s\", cv: {cv}, law: {law})"),
            }
        } else {
            format!("Poisson(rate: \"{rate}/s\")")
        };
        let more = [
            self.if_on(
                "conversations",
                format!(
                    "conversations: (turns: {}.5, think: Lognormal(median: \"9s\", sigma: 0.8), grows: {}, context_max: {}),",
                    1 + self.below(name, 5),
                    self.coin(&format!("{name} grows")),
                    50 + self.below(&format!("{name} context"), 9_000)
                ),
            ),
            self.if_on("cacheable", "cacheable: 0.4,"),
            self.if_on("max_tokens", "max_tokens: 90,"),
            self.if_on("whole", "stream: false,"),
            self.if_on("clients", "clients: (count: 37, skew: 1.1),"),
            self.if_on("residency", "residency: [\"east\", \"west\"],"),
        ];
        format!(
            "(name: \"{name}\", region: \"{region}\", entry: \"{entry}\", plan: \"{plan}\", arrivals: {arrivals}, input: {}, output: {},
              deadline: \"{}s\", {}),",
            self.length(&format!("{name} input")),
            self.length(&format!("{name} output")),
            if self.has("timeouts") { 5 + self.below(&format!("{name} deadline"), 60) } else { 600 },
            more.concat()
        )
    }

    fn probes(self) -> String {
        self.if_on(
            "probes",
            r#"probes: [(name: "p1", target: "plan", every: "7s"), (name: "p2", target: "grid", every: "11s"),
                (name: "p3", target: "b", every: "1s")],"#,
        )
    }

    /// A target and something that it can suffer.
    fn trouble(self, name: &str) -> (String, String) {
        let node = [
            "Down()",
            "Down(status: 401)",
            "Blackhole",
            "Errors(share: 0.4)",
            "Errors(share: 1.0, status: 429)",
            "Gray(share: 0.3)",
            "SlowFail(hold: \"3s\", share: 0.7)",
            "SlowFail(hold: \"0s\")",
        ];
        let leaf = [
            "Brownout(slowdown: 4.0)",
            "SlowFirstToken(slowdown: 9.0)",
            "Stall",
            "StreamCut(after: 20)",
            "StreamCut(after: 1, share: 0.5)",
            "RateLimitSpike(scale: 0.1)",
            "RateLimitSpike(scale: 0.0)",
            "CapacityLoss(share: 0.6)",
            "CapacityLoss(share: 1.0)",
            "PriceChange(factor: 3.0)",
        ];
        let link = ["Loss(share: 0.3)", "Loss(share: 1.0)", "Partition"];
        let key = |what: &str| format!("{name} {what}");
        let leaves = ["a", "b", "c", "plan", "twin", "up1", "up2", "spare"];
        let (target, kind) = match self.below(&key("scope"), 10) {
            0..4 => (self.pick(&key("leaf"), &leaves), self.pick(&key("kind"), &leaf)),
            4..7 => (self.pick(&key("leaf"), &leaves), self.pick(&key("kind"), &node)),
            7 if self.has("gateway") => ("hybrid", self.pick(&key("kind"), &node)),
            7 | 8 => ("grid", self.pick(&key("kind"), &node)),
            _ => (
                self.pick(
                    &key("link"),
                    &["east <-> west", "west -> east", "north -> east", "east <-> north"],
                ),
                self.pick(&key("kind"), &link),
            ),
        };
        (target.to_owned(), kind.to_owned())
    }

    fn faults(self) -> String {
        let fault = |number: u64| {
            let name = format!("fault {number}");
            let (target, kind) = self.trouble(&name);
            let from = self.below(&format!("{name} from"), self.seconds());
            let until = from + 1 + self.below(&format!("{name} length"), 150);
            format!("(target: \"{target}\", kind: {kind}, from: \"{from}s\", until: \"{until}s\"),")
        };
        (0..1 + self.below("faults", 8)).map(fault).collect()
    }

    fn processes(self) -> String {
        let process = |number: u64| {
            let name = format!("process {number}");
            let (target, kind) = self.trouble(&name);
            let law = |what: &str, mean: u64| {
                self.pick(
                    &format!("{name} {what}"),
                    &[
                        "Constant(\"#s\")",
                        "Exponential(mean: \"#s\")",
                        "Weibull(mean: \"#s\", shape: 0.7)",
                        "Lognormal(median: \"#s\", sigma: 1.0)",
                    ],
                )
                .replace('#', &mean.to_string())
            };
            format!(
                "(name: \"{name}\", target: \"{target}\", kind: {kind}, between: {}, lasting: {}, profile: {}, also: [
                    (target: \"{}\", chance: 0.5, kind: Down(status: 429)), (target: \"b\", chance: 1.0, kind: Brownout(slowdown: 2.5)),
                    (target: \"grid\", chance: 0.3, kind: Errors(share: 0.9, status: 403))]),",
                law("between", 60),
                law("lasting", 15),
                self.pick(&format!("{name} profile"), &["Flat", "OpenAiIncidents", "DeepSeekDay"]),
                self.pick(&format!("{name} also"), &["plan", "spare", "c"]),
            )
        };
        (0..1 + self.below("processes", 3)).map(process).collect()
    }

    fn incidents(self) -> String {
        let like =
            ["SiliconFlow", "Together", "Groq", "DeepSeek", "Anthropic", "OpenAi", "DeepInfra", "Fireworks"];
        let like = self.pick("like", &like);
        format!(
            "(target: \"{}\", like: {like}, rate: {}.0, spikes: {}), (target: \"grid\", like: OpenRouter, rate: 900.0),",
            self.pick("incidents", &["a", "b", "spare"]),
            1 + self.below("incident rate", 999),
            self.coin("spikes")
        )
    }
}

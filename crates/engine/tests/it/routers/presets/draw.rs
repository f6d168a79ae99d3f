//! The presets, and the weather that is drawn for them: first which kinds of faults are on, then small numbers.

use std::fmt::Write as _;

/// Kinds of faults that can be on or off, each with the forms that it takes.
pub(super) const KINDS: [(&str, &[&str]); 11] = [
    (
        "down",
        &[
            "Down()",
            "Down(status: 401)",
            "Down(status: 429, retry_after: \"9s\")",
            "Down(status: 500)",
            "Down(retry_after: \"15s\")",
            "Down(status: 403)",
        ],
    ),
    (
        "errors",
        &[
            "Errors(share: 0.4)",
            "Errors(share: 1.0, status: 429)",
            "Errors(share: 0.7, status: 502)",
            "Errors(share: 0.5, status: 404)",
            "Errors(share: 0.9, status: 503, retry_after: \"12s\")",
        ],
    ),
    ("blackhole", &["Blackhole"]),
    ("brownout", &["Brownout(slowdown: 4.0)", "Brownout(slowdown: 30.0)"]),
    ("limits", &["RateLimitSpike(scale: 0.0)", "RateLimitSpike(scale: 0.02)"]),
    ("cuts", &["StreamCut(after: 5)", "StreamCut(after: 1, share: 0.5)"]),
    ("slow", &["SlowFirstToken(slowdown: 9.0)", "SlowFirstToken(slowdown: 60.0)"]),
    ("stall", &["Stall"]),
    ("gray", &["Gray(share: 0.3)", "Gray(share: 0.9, status: 503)"]),
    ("capacity", &["CapacityLoss(share: 0.9)", "CapacityLoss(share: 1.0)"]),
    ("prices", &["PriceChange(factor: 4.0)", "PriceChange(factor: 0.2)"]),
];

/// Flapping, and faults of whole providers, are on or off as well.
pub(super) const SWITCHES: usize = KINDS.len() + 2;

/// How a preset comes back after the last fault.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(super) enum Returns {
    /// Every request is asked of whom a router would ask that has never seen any trouble, and served there. This holds
    /// where the pick is by order or price, or by dice that belong to the request; and for a spill, whose share is all
    /// again once it has grown for long enough. It is sharper than a comparison of shares.
    AsIfNothingWas,
    /// All these targets have traffic again, and serve it: who gets which request depends on what was before.
    ///
    /// * Measured shares: results weigh half after five minutes, so shares come back slowly, but none is below its
    ///   floor once the pause is over.
    /// * Least busy: ties and load depend on who is served now. By usage: the minute in which a target was out counts
    ///   little for it, until the next begins.
    /// * Turns (Envoy, Kong, a ratio in turn): whose turn it is depends on the turns so far.
    /// * Peak EWMA: a peak fades to 1/e in each `decay`, and is felt until it is near the others.
    /// * A latency table: as a whole it is forgotten after its `ttl`, here 20 s.
    ToAll(&'static [usize]),
    /// Not within any time that is short: LiteLLM's latency table with its own `ttl` of an hour. Another test shows it.
    Remembers,
}

/// A preset and what is known of it besides its parts.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) strategy: &'static str,
    pub(super) returns: Returns,
    /// Targets that it must never ask.
    pub(super) never: &'static [usize],
    /// What its pick takes to come back [s], beyond its memories.
    pub(super) pick: u64,
    /// Where targets have traffic again: the least share that each has of it. Turns give a third, and a sixth to one that
    /// half of the requests may not use.
    pub(super) share: f64,
}

const fn known(name: &'static str, strategy: &'static str) -> Known {
    Known { name, strategy, returns: Returns::AsIfNothingWas, never: &[], pick: 0, share: 0.0 }
}

const fn turns(name: &'static str, strategy: &'static str, targets: &'static [usize], pick: u64) -> Known {
    Known { returns: Returns::ToAll(targets), pick, ..known(name, strategy) }
}

const fn fair(name: &'static str, strategy: &'static str, targets: &'static [usize]) -> Known {
    Known { share: 0.1, ..turns(name, strategy, targets, 0) }
}

/// The targets, as every preset below numbers those that it has.
pub(super) const TARGETS: [&str; 4] = ["first", "second", "third", "fourth"];

/// Timers that all presets have: shorter than the deadline, so that a target that hangs gets its result.
const T: &str = "timeouts: (first_token: \"2s\", total: \"6s\")";

/// Every preset, `T` standing for its timers.
pub(super) const PRESETS: [Known; 37] = [
    known("single", r#"Single(target: "first", T)"#),
    known("fallback", r#"Fallback(targets: ["first", "second", "third"], T)"#),
    known(
        "fallback with cooldown",
        r#"Fallback(targets: ["first", "second", "third"], retries: 1, cooldown: (failures: 3, within: "10s", length: "8s", at_once: ["429"], retry_after: true), T)"#,
    ),
    known(
        "fallback with a budget",
        r#"Fallback(targets: ["first", "second"], retries: 3, backoff: (base: "100ms", jitter: Full), retry_budget: (per_call: 0.2, cap: 3.0), T)"#,
    ),
    known(
        "openrouter legacy",
        r#"OpenRouterLegacy(targets: ["first", "second", "third", "fourth"], demotion: (window: "20s"), T)"#,
    ),
    Known {
        never: &[3],
        ..known(
            "openrouter legacy, ordered and ignoring",
            r#"OpenRouterLegacy(targets: ["first", "second", "third", "fourth"], order: ["second", "first"], ignore: ["fourth"], T)"#,
        )
    },
    Known {
        never: &[2, 3],
        ..known(
            "openrouter legacy, only and uptime",
            r#"OpenRouterLegacy(targets: ["first", "second", "third", "fourth"], only: ["first", "second"], uptime: (window: "30s", at_least: 20), T)"#,
        )
    },
    known(
        "openrouter legacy under a price",
        r#"OpenRouterLegacy(targets: ["first", "second", "third", "fourth"], max_price: (input: "$4/M", output: "$4/M"), T)"#,
    ),
    turns(
        "openrouter measured",
        r#"OpenRouterMeasured(targets: ["first", "second", "third"], measured: (shape: (floor: 0.15), breaker: (pause: "15s")), T)"#,
        &[0, 1, 2],
        25,
    ),
    known(
        "litellm, a group and its fallback",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first"), (target: "second")], fallbacks: ["h"]), (name: "h", deployments: [(target: "third")])], L)"#,
    ),
    known(
        "litellm, alone and its fallback",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first")], fallbacks: ["h"]), (name: "h", deployments: [(target: "second")])], L)"#,
    ),
    known(
        "litellm, by order",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first", order: 1), (target: "second", order: 2), (target: "third", order: 3)])], L)"#,
    ),
    known(
        "litellm, weighted failover",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first", weight: 2.0), (target: "second", weight: 1.0), (target: "third", weight: 1.0)])], enable_weighted_failover: true, L)"#,
    ),
    known(
        "litellm, allowed fails",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first"), (target: "second")], fallbacks: ["h"]), (name: "h", deployments: [(target: "third")])], allowed_fails: 2, num_retries: 1, L)"#,
    ),
    turns(
        "litellm, least busy",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first"), (target: "second")])], routing: LeastBusy, L)"#,
        &[0, 1],
        0,
    ),
    turns(
        "litellm, by usage",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first"), (target: "second")])], routing: UsageBasedV2, L)"#,
        &[0, 1],
        60,
    ),
    known(
        "litellm, by cost",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first"), (target: "second"), (target: "third")])], routing: CostBased, L)"#,
    ),
    Known {
        returns: Returns::Remembers,
        ..known(
            "litellm, by latency",
            r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first"), (target: "second")])], routing: LatencyBased(), L)"#,
        )
    },
    turns(
        "litellm, by latency of a short time",
        r#"LiteLlm(groups: [(name: "g", deployments: [(target: "first"), (target: "second")])], routing: LatencyBased(buffer: 9.0, ttl: "20s"), L)"#,
        &[0, 1],
        45,
    ),
    known(
        "portkey",
        r#"Portkey(targets: ["first", "second", "third"], retry: (attempts: 2, use_retry_after_header: true), request_timeout: "2s")"#,
    ),
    known(
        "portkey, load balance",
        r#"Portkey(targets: ["first", "second", "third"], mode: LoadBalance([2.0, 1.0, 1.0]), retry: (attempts: 1), request_timeout: "2s")"#,
    ),
    known(
        "portkey, hosted",
        r#"Portkey(targets: ["first", "second"], circuit_breaker: (failure_threshold: 4, failure_threshold_percentage: 30.0, minimum_requests: 5, window: "20s"), request_timeout: "2s")"#,
    ),
    known("bifrost", r#"Bifrost(providers: [["first", "second"], ["third"]], max_retries: 2, T)"#),
    fair(
        "envoy, two priorities",
        r#"Envoy(targets: ["first", "second", "third"], priorities: [["first", "second"], ["third"]], outlier_detection: (max_ejection_time: "20s", base_ejection_time: "10s", interval: "5s", max_ejection_percent: 100), retry_policy: (num_retries: 2, concurrent: (share: 0.2)), T)"#,
        &[0, 1],
    ),
    fair(
        "envoy, percent 100",
        r#"Envoy(targets: ["first", "second", "third"], outlier_detection: (max_ejection_time: "20s", base_ejection_time: "10s", interval: "5s", max_ejection_percent: 100, consecutive_5xx: 3, enforcing_failure_percentage: 100, failure_percentage_minimum_hosts: 2, failure_percentage_request_volume: 5), panic: 0.0, retry_policy: (num_retries: 3), T)"#,
        &[0, 1, 2],
    ),
    fair(
        "kong",
        r#"Kong(targets: ["first", "second", "third"], max_fails: 3, failover_criteria: [Error, Timeout, Http429, Http500, Http503], T)"#,
        &[0, 1, 2],
    ),
    turns(
        "helicone",
        r#"Helicone(targets: ["first", "second", "third"], latency: (decay: "5s"), window: "20s", interval: "2s", rate_limit_wait: "6s", rate_limit_buffer: "6s", retries: 1, T)"#,
        &[0, 1, 2],
        40,
    ),
    known(
        "tensorzero",
        r#"TensorZero(variants: [["first", "second"], ["third"]], retries: 2, max_delay: "2s", T)"#,
    ),
    known("openai sdk", r#"OpenAiSdk(target: "first", T)"#),
    known(
        "breaker",
        r#"Breaker(targets: ["first", "second", "third"], breaker: (failures: 3, window: "10s", length: "10s", growth: 2.0, length_max: "20s", ramp: "15s", probes: 2), retries: 1, backoff: (base: "100ms"), T)"#,
    ),
    known(
        "ttft hedge",
        r#"TtftHedge(targets: ["first", "second", "third"], after: "400ms", breaker: (failures: 3, length: "10s"), T)"#,
    ),
    known(
        "price guard",
        r#"PriceGuard(targets: ["first", "second", "fourth"], max_price: (input: "$4/M", output: "$4/M"), retries: 1, breaker: (length: "15s"), T)"#,
    ),
    Known {
        pick: 50,
        ..known(
            "adaptive spill",
            r#"AdaptiveSpill(targets: ["first", "second"], spill: (per_second: 0.02, slow: "1s"), T)"#,
        )
    },
    known(
        "asymmetric hybrid",
        r#"AsymmetricHybrid(primary: "first", overflow: ["second", "third"], in_flight: 60, breaker: (length: "10s", ramp: "20s"), T)"#,
    ),
    fair(
        "composed, a ratio in turn",
        r#"Composed(targets: ["first", "second", "third", "fourth"], only: ["first", "second", "third"], pick: RoundRobin, memory: [ErrorRatio(window: "20s", above: 0.3, every: "3s", length: None), PassiveCheck(fail_timeout: "5s")], retry: (retries: 3, rounds: 1, backoff: (base: "100ms"), rules: [(on: ["429", "5xx"], at: Other)]), T)"#,
        &[0, 1, 2],
    ),
    known(
        "composed, many memories",
        r#"Composed(targets: ["first", "second", "third"], max_price: (input: "$4/M", output: "$4/M"), memory: [Cooldown(failures: 2, length: "6s"), Breaker(failures: 2, length: "8s", successes: 1), Demotion(window: "20s"), TimedBreaker(window: "10s", length: "9s")], when_all_out: Leave, hedge: (after: "900ms"), retry: (retries: 2, backoff: (base: "50ms"), rules: [(on: ["429"], at: Other), (on: ["408", "5xx"], at: Same)]), T)"#,
    ),
    known(
        "composed, groups by chance",
        r#"Composed(targets: ["first", "second", "third", "fourth"], groups: [["first", "second"], ["third", "fourth"]], pick: Uniform, most_targets: 3, memory: [ErrorRatio(window: "15s", length: "7s", retry_after: true), Uptime(window: "20s", at_least: 10)], retry: (retries: 1, backoff: (base: "50ms"), rules: [(on: ["401-403"], at: Other, waits: Never), (on: ["429", "5xx"], at: Next)]), T)"#,
    ),
];

/// A case to be.
#[derive(Copy, Clone, Debug)]
pub(super) struct Draw {
    pub(super) preset: usize,
    /// Kinds of faults that are on, and switches.
    pub(super) on: u32,
    pub(super) numbers: u64,
}

/// How long requests may take [s].
pub(super) const DEADLINE: u64 = 8;
/// The last fault is over by then [s].
const STORM: u64 = 80;
/// The end [s].
pub(super) const END: u64 = 200;

impl Draw {
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

    pub(super) const fn known(self) -> &'static Known {
        &PRESETS[self.preset]
    }

    fn faults(self) -> String {
        let on: Vec<&[&str]> = KINDS
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.on >> bit & 1 == 1)
            .map(|(_, kind)| kind.1)
            .collect();
        let (flaps, wide) = (self.on >> KINDS.len() & 1 == 1, self.on >> (KINDS.len() + 1) & 1 == 1);
        let mut faults = String::new();
        if on.is_empty() {
            return faults;
        }
        for number in 0..1 + self.below("faults", 6) {
            let of = |what: &str, end| self.below(&format!("fault {number} {what}"), end);
            let forms = on[of("kind", on.len() as u64) as usize];
            let kind = forms[of("form", forms.len() as u64) as usize];
            // The first two are hit most: they are what requests are asked of.
            let target = [0, 0, 0, 1, 1, 2, 3][of("target", 7) as usize];
            let target =
                if wide && of("wide", 2) == 1 { ["east", "west"][target % 2] } else { TARGETS[target] };
            let mut from = 5 + of("from", STORM - 25);
            let repeats = if flaps { 1 + of("flaps", 5) } else { 1 };
            for _ in 0..repeats {
                let until = (from + 1 + of("length", if flaps { 9 } else { 60 })).min(STORM);
                let _ = write!(
                    faults,
                    r#"(target: "{target}", kind: {kind}, from: "{from}s", until: "{until}s"),"#
                );
                from = until + 1 + of("gap", 5);
                if from >= STORM {
                    break;
                }
            }
        }
        faults
    }

    /// The scenario.
    pub(super) fn text(self) -> String {
        self.under(&self.faults(), "9/s", DEADLINE)
    }

    /// The same under other faults and traffic.
    pub(super) fn under(self, faults: &str, rate: &str, deadline: u64) -> String {
        let strategy = self.known().strategy;
        let litellm = "timeouts: (first_token: \"2s\", total: \"6s\")";
        let strategy = strategy.replace(", L)", &format!(", {litellm})")).replace(", T)", &format!(", {T})"));
        let endpoint = |name: &str, provider: &str, price: &str| {
            format!(
                r#"(name: "{name}", provider: "{provider}",
                    serving: (prefill_base: "100ms", prefill_per_token: "100us", step_base: "10ms", sequences: 400, when_abandoned: Stops),
                    limits: (rpm: 6000), price: (input: "{price}/M", output: "{price}/M")),"#
            )
        };
        let workload = |name: &str, more: &str| {
            format!(
                r#"(name: "{name}", region: "here", entry: "router", plan: "first", arrivals: Poisson(rate: "{rate}"),
                    input: Constant(100), output: Exponential(mean: 25.0, max: 80), deadline: "{deadline}s", {more}),"#
            )
        };
        format!(
            r#"(name: "presets", start: "2026-11-18 00:00 UTC", duration: "{END}s", seed: {},
                links: [(from: "here", to: "here", rtt: "4ms"), (from: "here", to: "away", rtt: "20ms")],
                providers: [(name: "east", region: "here"), (name: "west", region: "away")],
                endpoints: [{}{}{}{}],
                routers: [(name: "router", strategy: {strategy})],
                workloads: [{}{}],
                weather: (script: [{faults}]))"#,
            self.below("seed", 1000),
            endpoint("first", "east", "$1"),
            endpoint("second", "west", "$2"),
            endpoint("third", "east", "$3"),
            endpoint("fourth", "west", "$8"),
            workload("anywhere", ""),
            workload("at home", "stream: false, residency: [\"here\"]"),
        )
    }
}

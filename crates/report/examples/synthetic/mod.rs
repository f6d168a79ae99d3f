//! Made-up runs for the gallery and the tests: plausible shapes from integer arithmetic, the same on every machine.

mod books;
pub(crate) mod cases;

use std::collections::BTreeMap;

use sandbox_core::{Span, Time};
use sandbox_engine::output::summary::{
    Attempts, CauseLine, Cost, FaultReport, Flips, Leak, ObjectiveReport, Percentiles, Requests, SCHEMA,
    Scope,
};
use sandbox_engine::output::{Summary, TTFT_CLASSES, Timeline, TimelineRow};
use sandbox_model::{Fault, FaultKind, Status, Usd};

use super::{Clock, RunData, Setting};

/// What a made-up run is like.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Name of the scenario.
    pub(crate) name: String,
    /// Length [s].
    pub(crate) horizon_s: u64,
    /// Warm-up [s].
    pub(crate) warm_up_s: u64,
    /// Number of buckets.
    pub(crate) buckets: u64,
    /// Names of the lanes; the first is the plan.
    pub(crate) lanes: Vec<String>,
    /// Names of the providers with competing load.
    pub(crate) congested: Vec<String>,
    /// Arrivals a minute at the peak.
    pub(crate) peak_per_minute: u64,
    /// Faults, with the lag of detection and of failback [s].
    pub(crate) faults: Vec<(usize, Fault, u64, u64)>,
    /// Whether nothing at all is served.
    pub(crate) all_failed: bool,
}

/// A run's results.
pub(crate) struct Run {
    pub(crate) summary: Summary,
    pub(crate) timeline: Timeline,
    pub(crate) faults: Vec<(usize, Fault)>,
}

impl Run {
    /// The run as it would be read from its directory: every lane is an endpoint of a provider of its own.
    pub(crate) fn data(self) -> RunData {
        let Self { summary, timeline, faults } = self;
        let (ledger, flow) = books::books(&summary, &timeline);
        let clock = Clock {
            zone: "Asia/Shanghai".to_owned(),
            date: "Wed 18 Nov 2026".to_owned(),
            start_second_of_day: 0,
        };
        let providers = timeline.endpoints.clone();
        let provider_of = (0..providers.len()).collect();
        let watched = vec![true; timeline.lanes.len()];
        RunData {
            summary,
            timeline,
            ledger,
            flow,
            worst: Vec::new(),
            faults,
            setting: Setting { clock, providers, provider_of, watched },
        }
    }
}

/// Half of the requests in the class of the median, nearly all others in that of the 95th percentile.
fn ttft_counts(ttft: Option<[Span; 3]>, requests: u64) -> Vec<u64> {
    let mut counts = vec![0; TTFT_CLASSES.len() + 1];
    let Some(ttft) = ttft else { return counts };
    let (half, tail) = (requests / 2, requests / 20);
    for (span, n) in ttft.into_iter().zip([half, requests - half - tail, tail]) {
        counts[TTFT_CLASSES.partition_point(|&end| end < span)] += n;
    }
    counts
}

/// A fault from one second to another.
pub(crate) fn fault(target: &str, kind: FaultKind, from_s: u64, until_s: u64) -> Fault {
    Fault { target: target.to_owned(), kind, from: at(from_s), until: at(until_s) }
}

pub(crate) fn down() -> FaultKind {
    FaultKind::Down { status: Status::UNAVAILABLE, retry_after: None }
}

fn at(s: u64) -> Time {
    Time::from_nanos(s * 1_000_000_000)
}

/// A day like the ones that the product is made for.
pub(crate) fn day() -> Shape {
    let names =
        ["sf-v3", "openrouter", "or-deepinfra", "or-novita", "or-siliconflow", "or-fireworks", "or-together"];
    let mut faults = vec![
        (0, fault("siliconflow", down(), 34_260, 36_120), 25, 610),
        (4, fault("siliconflow", down(), 34_260, 36_120), 25, 610),
        (0, fault("siliconflow", FaultKind::Brownout { slowdown: 3.0 }, 70_800, 77_400), 240, 300),
        (4, fault("siliconflow", FaultKind::Brownout { slowdown: 3.0 }, 70_800, 77_400), 240, 300),
        (0, fault("siliconflow", FaultKind::RateLimitSpike { scale: 0.2 }, 50_400, 52_200), 5, 60),
        (
            3,
            fault(
                "or-novita",
                FaultKind::Errors { share: 0.4, status: Status::INTERNAL, retry_after: None },
                57_600,
                61_500,
            ),
            90,
            30,
        ),
        (2, fault("or-deepinfra", FaultKind::Blackhole, 14_400, 15_900), 70, 300),
    ];
    let mut dice = Dice(7);
    for _ in 0..14 {
        let from = dice.below(86_000);
        faults.push((0, fault("sf-v3", down(), from, from + 5 + dice.below(40)), 1, 5));
    }
    Shape {
        name: "asia-peak".to_owned(),
        horizon_s: 86_400,
        warm_up_s: 1_800,
        buckets: 720,
        lanes: names.map(str::to_owned).to_vec(),
        congested: vec!["siliconflow".to_owned()],
        peak_per_minute: 2_400,
        faults,
        all_failed: false,
    }
}

/// Numbers that look random: SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

/// Demand over the day in per mille of its peak, by local hour; straight lines between.
const DEMAND: [u64; 25] = [
    320, 220, 150, 120, 110, 130, 190, 320, 520, 700, 800, 780, 700, 720, 800, 820, 780, 740, 760, 860, 960,
    1000, 820, 540, 320,
];

fn demand(second: u64) -> u64 {
    let (hour, rest) = ((second / 3_600 % 24) as usize, second % 3_600);
    (DEMAND[hour] * (3_600 - rest) + DEMAND[hour + 1] * rest) / 3_600
}

impl Shape {
    /// Plays the run.
    pub(crate) fn run(&self) -> Run {
        let bucket_s = (self.horizon_s / self.buckets.max(1)).max(1);
        let mut dice = Dice(42);
        let (mut cost, mut twin) = (0_i128, 0_i128);
        let rows: Vec<TimelineRow> = (0..self.buckets)
            .map(|index| self.row(index * bucket_s, bucket_s, &mut dice, &mut cost, &mut twin))
            .collect();
        let timeline = Timeline {
            bucket: Span::from_secs(bucket_s),
            endpoints: self.lanes.clone(),
            lanes: self.lanes.clone(),
            ttft_classes: TTFT_CLASSES.to_vec(),
            congested: self.congested.clone(),
            rows,
        };
        let summary = self.summary(&timeline);
        Run {
            summary,
            timeline,
            faults: self.faults.iter().map(|(lane, fault, ..)| (*lane, fault.clone())).collect(),
        }
    }

    fn row(&self, from: u64, width: u64, dice: &mut Dice, cost: &mut i128, twin: &mut i128) -> TimelineRow {
        let until = from + width;
        let load = demand(from);
        let mean = self.peak_per_minute * load * width / 60_000;
        let arrived = (mean + dice.below(mean / 5 + 2)).saturating_sub(mean / 10 + 1);
        let mut believed_down = vec![0; self.lanes.len()];
        let (mut hurt, mut slow) = (0, 1);
        for (lane, fault, detection, failback) in &self.faults {
            let (onset, end) =
                (fault.from.as_nanos() / 1_000_000_000, fault.until.as_nanos() / 1_000_000_000);
            let covered = |a: u64, b: u64| b.min(until).saturating_sub(a.max(from));
            believed_down[*lane] += covered(onset + detection, end + failback);
            if *lane == 0 {
                // In per mille of the bucket.
                let weight = if matches!(fault.kind, FaultKind::Brownout { .. }) { 450 } else { 970 };
                hurt += covered(onset, end + failback) * weight / width;
                slow += covered(onset, end) * 2 / width;
            }
        }
        let peak = if load > 850 && !self.congested.is_empty() { (load - 850) * 3 } else { 0 };
        let leaked = arrived * (hurt + peak).min(960) / 1_000;
        let failed =
            if self.all_failed { arrived } else { arrived * (hurt.min(1_000) / 40 + dice.below(3)) / 1_000 };
        let leaked = if self.all_failed { 0 } else { leaked.min(arrived - failed) };
        let plan = arrived - failed - leaked;
        *twin += i128::from(arrived) * 410_000_000;
        *cost += i128::from(plan) * 410_000_000 + i128::from(leaked) * 1_130_000_000;
        let millis = |base: u64, dice: &mut Dice| {
            Span::from_millis(base * slow * (700 + load) / 1_000 + dice.below(base / 4))
        };
        let ttft = (plan + leaked > 0).then(|| [millis(320, dice), millis(900, dice), millis(1_900, dice)]);
        let mut served = vec![0; self.lanes.len()];
        served[0] = plan;
        served[self.lanes.len() - 1] += leaked;
        TimelineRow {
            at: at(from),
            arrived,
            served_by_plan: plan,
            leaked,
            failed,
            shed: 0,
            in_flight: 0,
            attempts: arrived + leaked,
            rate_limited: leaked / 3,
            ttft_counts: ttft_counts(ttft, plan + leaked),
            ttft,
            cost: Usd::from_pico(*cost),
            twin_cost: Usd::from_pico(*twin),
            served,
            believed_down: believed_down.into_iter().map(|s| Span::from_secs(s.min(width))).collect(),
            competing: self.congested.iter().map(|_| (load * 88 / 100) as f64 / 1_000.0).collect(),
        }
    }

    fn summary(&self, timeline: &Timeline) -> Summary {
        let sum = |of: fn(&TimelineRow) -> u64| timeline.rows.iter().map(of).sum::<u64>();
        let requests = Requests {
            arrived: sum(|row| row.arrived),
            served_by_plan: sum(|row| row.served_by_plan),
            leaked: sum(|row| row.leaked),
            failed: sum(|row| row.failed),
            shed: 0,
            in_flight: 0,
        };
        let share = |n: u64| (requests.arrived > 0).then(|| n as f64 / requests.arrived as f64);
        let last = timeline.rows.last().map_or((Usd::ZERO, Usd::ZERO), |row| (row.cost, row.twin_cost));
        let premium = (last.0 - last.1).decimal();
        let line = |requests: u64, avoidable_requests: u64| CauseLine {
            requests,
            avoidable_requests,
            input_tokens: requests * 900,
            output_tokens: requests * 350,
            billed_usd: Usd::from_pico(i128::from(requests) * 1_130_000_000).decimal(),
            premium_usd: Usd::from_pico(i128::from(requests) * 720_000_000).decimal(),
        };
        let (outage, slow) = (requests.leaked / 2, requests.leaked / 3);
        let mut by_cause = BTreeMap::new();
        if requests.leaked > 0 {
            by_cause.insert("outage".to_owned(), line(outage, 0));
            by_cause.insert("slow".to_owned(), line(slow, 0));
            let rest = requests.leaked - outage - slow;
            by_cause.insert("cooldown".to_owned(), line(rest, rest));
        }
        let scope = Scope {
            requests,
            attempts: Attempts {
                total: requests.arrived + requests.leaked,
                fallbacks: requests.leaked,
                ..Attempts::default()
            },
            ttft_s: match requests.arrived > requests.failed {
                true => Percentiles { p50: Some(0.45), p95: Some(1.8), p99: Some(4.2) },
                false => Percentiles::default(),
            },
            cost_usd: Cost {
                total: last.0.decimal(),
                twin: last.1.decimal(),
                premium: premium.clone(),
                wasted: "0.25".to_owned(),
                fees: "0".to_owned(),
            },
            leak: Leak {
                share: share(requests.leaked),
                avoidable_share: share(requests.leaked - outage - slow),
                premium_usd: premium,
                by_cause,
            },
            flips: Flips {
                share: share(requests.leaked / 50),
                requests: requests.leaked / 50,
                premium_usd: "0.38".to_owned(),
            },
        };
        Summary {
            schema: SCHEMA,
            scenario: self.name.clone(),
            seed: 42,
            version: "0.1.0".to_owned(),
            fingerprint: "9f3a61c07be2d845".to_owned(),
            repro: format!("sandbox run scenarios/{}.ron --seed 42", self.name),
            start: "2026-11-18T00:00:00+08:00[Asia/Shanghai]".to_owned(),
            duration_s: self.horizon_s as f64,
            warm_up_s: self.warm_up_s as f64,
            events: 43_210_987,
            simulated_requests: requests.arrived * 2,
            requests,
            attempts: scope.attempts,
            ttft_s: scope.ttft_s,
            cost_usd: scope.cost_usd.clone(),
            leak: scope.leak.clone(),
            flips: scope.flips.clone(),
            waterfall: books::waterfall(&scope),
            faults: self.reports(),
            probes: Vec::new(),
            objectives: objectives(&scope),
            workloads: BTreeMap::from([("cn-chat".to_owned(), scope.clone())]),
            routers: BTreeMap::new(),
            endpoints: BTreeMap::new(),
        }
    }

    fn reports(&self) -> Vec<FaultReport> {
        self.faults
            .iter()
            .map(|(_, fault, detection, failback)| FaultReport {
                target: fault.target.clone(),
                kind: fault.kind.name().to_owned(),
                from: fault.from.as_secs_f64(),
                until: fault.until.as_secs_f64(),
                detection_lag_s: Some(*detection as f64),
                failback_lag_s: Some(*failback as f64),
            })
            .collect()
    }
}

fn objectives(scope: &Scope) -> Vec<ObjectiveReport> {
    let served = |n: u64| {
        scope.requests.arrived.checked_sub(n).map(|m| m as f64 / scope.requests.arrived.max(1) as f64)
    };
    let at_most = |expression: &str, value: Option<f64>, limit: f64| ObjectiveReport {
        expression: expression.to_owned(),
        value,
        limit,
        margin: value.map(|value| limit - value),
        met: value.is_some_and(|value| value <= limit),
    };
    let availability = served(scope.requests.failed).filter(|_| scope.requests.arrived > 0);
    vec![
        ObjectiveReport {
            expression: "availability >= 99.5%".to_owned(),
            value: availability,
            limit: 0.995,
            margin: availability.map(|value| value - 0.995),
            met: availability.is_some_and(|value| value >= 0.995),
        },
        at_most("ttft_p95 <= 2s", scope.ttft_s.p95, 2.0),
        at_most("leak_share <= 10%", scope.leak.share, 0.1),
        at_most("leak_premium <= $5/h", Some(3.2), 5.0),
        at_most("failback_lag_max <= 2min", Some(610.0), 120.0),
    ]
}

//! Gateways: OpenRouter's balancer and one of its outages.

use std::cell::Cell;

use sandbox_core::{Seed, Span, Time};
use sandbox_engine::EventKind;
use sandbox_model::{Answer, Price, Status};
use sandbox_routers::preset::OpenRouterLegacy;
use sandbox_routers::{Call, Composed, Decision, Demotion, Preset, Seen, Setting, Strategy, TargetView};

use crate::check::{Check, Finding};
use crate::scenario::{parse, run_watched};
use crate::statistics::{Estimate, chi_square, chi_square_limit};

const GROUP: &str = "Gateways";
const REQUESTS: u64 = 30_000;

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![
        Check::new("openrouter-nine-to-one", GROUP, nine_to_one),
        Check::new("openrouter-v4-pro", GROUP, || v4_pro(false)),
        Check::new("openrouter-v4-pro-surge", GROUP, || v4_pro(true)),
        Check::new("openrouter-february", GROUP, february).slow(),
    ]
}

/// Whom each of [`REQUESTS`] requests asks first, 12 s after `out` failed three times.
fn first_choices(prices: &[(f64, f64)], out: usize) -> Vec<u64> {
    let names: Vec<String> = (0..prices.len()).map(|n| n.to_string()).collect();
    let preset = OpenRouterLegacy {
        demotion: Demotion { window: Span::from_secs(30), failures: 3, share: 0.5 },
        ..OpenRouterLegacy::new(names.clone())
    };
    let setting = Setting { targets: &names, in_usd: &|_| Price::default(), after_midnight: Span::ZERO };
    let mut router = Composed::new(preset.parts(&setting));
    let at = |second| Time::ZERO + Span::from_secs(second);
    for second in [98, 99, 100].into_iter().filter(|_| out < prices.len()) {
        let failed = Answer::failed(Status::UNAVAILABLE);
        router.observe(&Seen::new(at(second), out, failed, at(second)));
    }
    let price = |dollars: f64| Price::from_pico_per_token((dollars * 1e6 + 0.5) as u64);
    let view = |&(input, output): &(f64, f64)| TargetView {
        input_price: price(input),
        output_price: price(output),
        ..TargetView::default()
    };
    let targets: Vec<TargetView> = prices.iter().map(view).collect();
    let noise = Seed::new(1).noise("router/openrouter");
    let mut counts = vec![0; prices.len()];
    for request in 0..REQUESTS {
        let note = Cell::new(0);
        match router.next(&Call::new(at(112), request, &[], noise, &note), &targets) {
            Decision::Try { target, .. } => counts[target] += 1,
            other => panic!("no first choice but {other:?}"),
        }
    }
    counts
}

fn shares_hold(
    what: &str,
    expected: &str,
    source: &str,
    counts: &[u64],
    shares: &[f64],
    names: &[&str],
) -> Finding {
    let (statistic, limit) = (chi_square(counts, shares), chi_square_limit(counts.len()));
    let told = names
        .iter()
        .zip(counts)
        .take(5)
        .map(|(name, &count)| format!("{name} {:.1} %", 100.0 * count as f64 / REQUESTS as f64));
    Finding {
        what: format!("{what}; first choices of {REQUESTS} requests"),
        expected: expected.to_owned(),
        source: source.to_owned(),
        measured: told.collect::<Vec<_>>().join(", "),
        interval: format!("χ² = {statistic:.1}, below {limit:.1} (99.9 %, df = {})", counts.len() - 1),
        holds: statistic < limit,
    }
}

fn nine_to_one() -> Finding {
    let counts = first_choices(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)], 1);
    let mut found = shares_hold(
        "A at $1, B at $2 with an outage 12 s ago, C at $3",
        "A nine times as likely as C, B not at all",
        "OpenRouter, guides/routing/provider-selection, worked example",
        &[counts[0], counts[2]],
        &[9.0, 1.0],
        &["A", "C"],
    );
    found.holds &= counts[1] == 0;
    found
}

/// OpenRouter's endpoints of DeepSeek V4 Pro, mid-2026: dollars a million tokens in and out.
const V4_PRO: [(&str, f64, f64); 11] = [
    ("DeepSeek", 0.435, 0.87),
    ("Baidu", 0.7605, 1.521),
    ("GMICloud", 1.131, 2.262),
    ("DeepInfra", 1.3, 2.6),
    ("DigitalOcean", 1.392, 2.784),
    ("SiliconFlow", 1.6, 3.135),
    ("Novita", 1.6, 3.2),
    ("Alibaba", 1.608, 3.216),
    ("AtlasCloud", 1.68, 3.38),
    ("Venice", 1.73, 3.796),
    ("Parasail", 1.74, 3.48),
];

fn v4_pro(without_deepseek: bool) -> Finding {
    let prices = V4_PRO.map(|(_, input, output)| (input, output));
    let counts = first_choices(&prices, if without_deepseek { 0 } else { usize::MAX });
    let skip = usize::from(without_deepseek);
    let shares: Vec<f64> = prices[skip..].iter().map(|(i, o)| 1.0 / ((i + o) * (i + o))).collect();
    let names = V4_PRO.map(|(name, ..)| name);
    let (what, expected) = if without_deepseek {
        (
            "the same 12 s after an outage of DeepSeek's",
            "Baidu 29.8 %, GMICloud 13.5, DeepInfra 10.2: 1.9 times as much for each survivor",
        )
    } else {
        (
            "DeepSeek V4 Pro at eleven upstreams, mid-2026 prices",
            "DeepSeek 47.7 %, Baidu 15.6, GMICloud 7.1, DeepInfra 5.3",
        )
    };
    let mut found = shares_hold(
        what,
        expected,
        "weight 1/price² (OpenRouter, provider-selection); prices from its public endpoint list",
        &counts[skip..],
        &shares,
        &names[skip..],
    );
    found.holds &= !without_deepseek || counts[0] == 0;
    found
}

const FEBRUARY: &str = include_str!("../../../scenarios/openrouter-february-2026.ron");

/// What the gateway answered in one phase: all, 500, 401.
type Phase = [u64; 3];

fn february() -> Finding {
    let resolved = parse(FEBRUARY);
    let node = resolved.node("openrouter").expect("the scenario has it");
    let minutes = |m: u64| Time::ZERO + Span::from_mins(m);
    // It starts at 05:00 UTC.
    let start = ([Phase::default(); 2], None, None);
    let (_, (phases, first, last)) = run_watched(&resolved, start, move |seen, record| {
        if record.kind != EventKind::Return || record.node != Some(node) {
            return;
        }
        let status = match record.answer {
            Some(Answer::Failed { status, .. }) => status.0,
            _ => 0,
        };
        if matches!(status, 401 | 500) {
            seen.1.get_or_insert(record.at);
            seen.2 = Some(record.at);
        }
        // Some grace for answers on their way when a phase begins or ends.
        let grace = Span::from_secs(5);
        for (phase, (from, until)) in [(27, 40), (40, 65)].into_iter().enumerate() {
            if record.at >= minutes(from).saturating_add(grace) && record.at < minutes(until) {
                seen.0[phase][0] += 1;
                seen.0[phase][1] += u64::from(status == 500);
                seen.0[phase][2] += u64::from(status == 401);
            }
        }
    });
    let errors = Estimate::of_share(phases[0][1], phases[0][0]);
    let wrong = Estimate::of_share(phases[1][2], phases[1][0]);
    let length = match (first, last) {
        (Some(first), Some(last)) => last.since(first).as_secs_f64() / 60.0,
        _ => 0.0,
    };
    Finding {
        what: "`scenarios/openrouter-february-2026.ron`, what its callers get from the gateway: share of 500 from 05:27 to 05:40 UTC, share of 401 from 05:40 to 06:05, length of \
               it all"
            .to_owned(),
        expected: "20 %; 80 to 90 % (85 % in the scenario); 38 min".to_owned(),
        source: "OpenRouter's post-mortem of 17 Feb 2026; the split between the phases is second-hand".to_owned(),
        measured: format!(
            "{:.1} %; {:.1} %; {length:.1} min, with {} of 401 in the first phase",
            100.0 * errors.mean,
            100.0 * wrong.mean,
            phases[0][2]
        ),
        interval: format!(
            "± {:.1} % (n = {}); ± {:.1} % (n = {}), Agresti–Coull; within half a minute",
            100.0 * errors.half,
            phases[0][0],
            100.0 * wrong.half,
            phases[1][0]
        ),
        holds: errors.contains(0.2, 0.0)
            && wrong.contains(0.85, 0.0)
            && phases[0][2] == 0
            && (length - 38.0).abs() < 0.5,
    }
}

//! Made-up lives of requests, as runs tell them.

use sandbox_core::{Span, Time};
use sandbox_engine::explain::{Attempt, AttemptEnd, Does, End, Excluded, How, Leaves, Step, Story, Visit};
use sandbox_model::{Cause, Usd};
use sandbox_routers::Reason;

/// Each with a name.
pub(crate) fn all() -> Vec<(&'static str, Story)> {
    vec![
        ("grid", grid()),
        ("plain", plain()),
        ("hedge", hedge()),
        ("shed", shed()),
        ("unfinished", Story { end: None, ..grid() }),
        ("silent", silent()),
        ("cut", cut()),
        ("many", many()),
        ("unseen", Story { entry: None, end: None, ..plain() }),
    ]
}

fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}

fn story(entry: Visit, end: End) -> Story {
    Story {
        workload: "cn-chat".to_owned(),
        number: 12_345,
        arrived: Time::from_nanos(34_261_500_000_000),
        input_tokens: 812,
        output_tokens: 164,
        plan: "siliconflow".to_owned(),
        entry: Some(entry),
        end: Some(end),
    }
}

fn end(at: u64, outcome: &'static str, status: u16, ttft: Option<u64>) -> End {
    End {
        at: ms(at),
        outcome,
        status,
        cause: (outcome != "plan").then_some(Cause::Outage),
        avoidable: (outcome == "leak").then_some(false),
        ttft: ttft.map(ms),
        billed: Usd::from_pico(412_000_000),
        fees: Usd::ZERO,
        wasted: Usd::ZERO,
    }
}

fn visit(router: &str, at: u64, decisions: Vec<Step>) -> Visit {
    Visit { router: router.to_owned(), at: ms(at), decisions }
}

fn step(at: u64, decision: Does) -> Step {
    Step { at: ms(at), eligible: Vec::new(), excluded: Vec::new(), decision }
}

fn attempt(
    target: &str,
    reason: Reason,
    first_token: Option<u64>,
    ended: Option<(u64, How, Option<u16>)>,
) -> Attempt {
    Attempt {
        target: target.to_owned(),
        reason,
        leaves_plan: None,
        first_token: first_token.map(ms),
        end: ended.map(|(at, how, status)| AttemptEnd {
            at: ms(at),
            how,
            status,
            retry_after: None,
            nothing_sent: false,
        }),
        billed: Usd::ZERO,
        fees: Usd::ZERO,
        wasted: Usd::ZERO,
        premium: Usd::ZERO,
        inside: None,
    }
}

fn tries(at: u64, attempt: Attempt) -> Step {
    step(at, Does::Try(Box::new(attempt)))
}

fn plain() -> Story {
    let served = attempt("siliconflow", Reason::Choice, Some(412), Some((3_900, How::Served, Some(200))));
    story(visit("hybrid", 1, vec![tries(1, served)]), end(3_901, "plan", 200, Some(413)))
}

/// Retries, a wait, and then a grid whose first upstream is silent.
fn grid() -> Story {
    let failed = |at| attempt("siliconflow", Reason::Choice, None, Some((at, How::Failed, Some(503))));
    let mut second = failed(530);
    if let Some(end) = &mut second.end {
        end.retry_after = Some(Span::from_secs(2));
    }
    let inside = visit(
        "openrouter",
        640,
        vec![
            tries(
                640,
                attempt("or-deepinfra", Reason::Choice, None, Some((5_640, How::TimedOut, Some(504)))),
            ),
            tries(
                5_640,
                attempt("or-together", Reason::Failed, Some(6_410), Some((8_200, How::Served, Some(200)))),
            ),
        ],
    );
    let mut left = attempt("openrouter", Reason::Failed, Some(6_520), Some((8_310, How::Served, Some(200))));
    left.leaves_plan = Some(Leaves { cause: Cause::Outage, avoidable: false });
    left.inside = Some(inside);
    let mut steps = vec![
        tries(2, failed(21)),
        step(21, Does::Wait { until: ms(521), beside: false }),
        tries(521, second),
        tries(530, left),
    ];
    steps[0].excluded = vec![Excluded {
        target: "openrouter".to_owned(),
        rule: "in a later fallback group".to_owned(),
        until: None,
    }];
    story(visit("hybrid", 2, steps), end(8_312, "leak", 200, Some(6_522)))
}

fn hedge() -> Story {
    let lost = attempt("siliconflow", Reason::Choice, None, Some((1_106, How::Left, None)));
    let mut won = attempt("or-together", Reason::Hedge, Some(1_106), Some((1_206, How::Served, Some(200))));
    won.leaves_plan = Some(Leaves { cause: Cause::Hedge, avoidable: true });
    let steps =
        vec![tries(0, lost), step(0, Does::Wait { until: ms(1_000), beside: true }), tries(1_000, won)];
    story(visit("hybrid", 0, steps), end(1_206, "leak", 200, Some(1_106)))
}

fn shed() -> Story {
    let steps = vec![step(1, Does::GiveUp { status: 429, nothing_sent: true })];
    story(visit("hybrid", 1, steps), end(1, "shed", 429, None))
}

/// The client gave up while its router still waited.
fn silent() -> Story {
    let silent = attempt("siliconflow", Reason::Choice, None, Some((120_000, How::Left, None)));
    story(visit("hybrid", 80, vec![tries(80, silent)]), end(120_000, "failed", 408, None))
}

fn cut() -> Story {
    let cut = attempt("siliconflow", Reason::Choice, Some(900), Some((2_400, How::Cut, Some(502))));
    story(visit("hybrid", 3, vec![tries(3, cut)]), end(2_403, "failed", 502, Some(903)))
}

/// More upstreams, and longer names, than 80 columns hold.
fn many() -> Story {
    let mut steps: Vec<Step> = (0..11)
        .map(|i| {
            let name = format!("an-upstream-with-a-rather-long-name-{i:02}");
            tries(
                i * 300,
                attempt(&name, Reason::Failed, None, Some((i * 300 + 299, How::Failed, Some(500)))),
            )
        })
        .collect();
    steps.push(step(3_300, Does::GiveUp { status: 502, nothing_sent: false }));
    story(visit("größer-als/硅基流动", 0, steps), end(3_301, "failed", 502, None))
}

//! Runs at the edges of what a picture must cope with.

use super::{Dice, Shape, day, down, fault};
use sandbox_model::{FaultKind, Status};

/// Each with a name for its file.
pub(crate) fn all() -> Vec<(&'static str, Shape)> {
    vec![
        ("day", day()),
        (
            "calm",
            Shape { name: "calm-weather".to_owned(), faults: Vec::new(), congested: Vec::new(), ..day() },
        ),
        ("minutes", minutes()),
        ("month", month()),
        ("lanes", many_lanes()),
        (
            "one",
            Shape {
                lanes: vec!["sf".to_owned()],
                faults: day().faults.into_iter().filter(|f| f.0 == 0).collect(),
                ..day()
            },
        ),
        ("failed", Shape { name: "nothing-works".to_owned(), all_failed: true, ..day() }),
        ("silent", Shape { name: "no-traffic".to_owned(), peak_per_minute: 0, warm_up_s: 0, ..day() }),
        ("sparse", Shape { name: "few-requests".to_owned(), peak_per_minute: 1, ..day() }),
        ("thin", thin()),
        ("names", names()),
        (
            "nothing",
            Shape {
                name: String::new(),
                buckets: 0,
                lanes: Vec::new(),
                congested: Vec::new(),
                faults: Vec::new(),
                ..day()
            },
        ),
    ]
}

fn minutes() -> Shape {
    Shape {
        name: "ten-minutes".to_owned(),
        horizon_s: 600,
        warm_up_s: 60,
        buckets: 120,
        faults: vec![
            (0, fault("sf-v3", down(), 200, 245), 4, 60),
            (1, fault("openrouter", FaultKind::Blackhole, 300, 330), 12, 20),
        ],
        ..day()
    }
}

fn month() -> Shape {
    let mut dice = Dice(3);
    let faults = (0..60).map(|_| {
        let from = dice.below(30 * 86_400);
        let kind =
            [down(), FaultKind::Blackhole, FaultKind::Brownout { slowdown: 2.0 }][dice.below(3) as usize];
        (dice.below(5) as usize, fault("x", kind, from, from + 60 + dice.below(9_000)), 30, 600)
    });
    let faults = faults.collect();
    Shape {
        name: "thirty-days".to_owned(),
        horizon_s: 30 * 86_400,
        buckets: 1_440,
        warm_up_s: 86_400,
        faults,
        ..day()
    }
}

fn many_lanes() -> Shape {
    let mut dice = Dice(9);
    let lanes: Vec<String> = (0..30).map(|i| format!("provider-{i:02}/deepseek-v3")).collect();
    let faults = (0..28).map(|lane| {
        let from = dice.below(70_000);
        let kind = match dice.below(4) {
            0 => FaultKind::Errors { share: 0.3, status: Status::INTERNAL, retry_after: None },
            1 => FaultKind::Brownout { slowdown: 4.0 },
            2 => FaultKind::RateLimitSpike { scale: 0.1 },
            _ => down(),
        };
        (lane, fault("x", kind, from, from + 300 + dice.below(12_000)), 40, 400)
    });
    let faults = faults.collect();
    let congested = ["provider-00", "provider-01", "provider-02"].map(str::to_owned).to_vec();
    Shape { name: "thirty-lanes".to_owned(), lanes, faults, congested, ..day() }
}

/// Hardly any leak: the gap is a hairline on the scale of the bill.
fn thin() -> Shape {
    let faults = vec![(0, fault("sf-v3", down(), 34_260, 36_120), 25, 60)];
    Shape { name: "one-short-outage".to_owned(), faults, congested: Vec::new(), ..day() }
}

fn names() -> Shape {
    let mut shape = day();
    shape.name =
        "硅基流动 → OpenRouter <&\"quotes\"> with a title that goes on and on and on, well past the edge"
            .to_owned();
    shape.lanes[0] = "硅基流动/DeepSeek-V3 \u{1f525}".to_owned();
    shape.lanes[1] = "an-endpoint-with-a-name-that-nobody-would-want-to-read-aloud".to_owned();
    shape.lanes[2] = "tab\tand\u{0}nul".to_owned();
    shape.lanes[3] = "größer-als/ñandú".to_owned();
    shape.congested = vec!["硅基流动".to_owned()];
    shape
}

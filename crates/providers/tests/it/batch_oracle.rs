//! `Batch` against [the slow endpoint](crate::slow_batch): the same story told to both must give the same answers to
//! every offer, the same progress of everything that is taken out, the same next event after every step, and every
//! signal at the same nanosecond in the same order. Exactly; there is no tolerance.

use proptest::prelude::*;
use proptest::sample::Index;
use sandbox_core::{Span, Time};
use sandbox_providers::batch::Slot;
use sandbox_providers::{Batch, BatchSpec, Job, Offer, Pace, Signal};

use crate::slow_batch::{SlowBatch, Taken};

/// When the next step of a story is.
#[derive(Copy, Clone, Debug)]
enum When {
    /// At once.
    Now,
    /// After this many nanoseconds.
    After(u64),
    /// At the instant of the endpoint's next event.
    AtNextEvent,
}

#[derive(Clone, Debug)]
enum Step {
    Offer { prefill: Span, prompt: u32, output: u32 },
    Remove(Index),
    SetPace(Pace),
    Clear,
}

/// One step, and whether what is due at its instant happens before or after it.
type Told = (When, bool, Step);

fn step_times() -> impl Strategy<Value = (Span, Span)> {
    let millis = |base, each| (Span::from_millis(base), Span::from_millis(each));
    prop_oneof![
        Just(millis(10, 1)),
        Just(millis(0, 3)),
        Just(millis(20, 0)),
        (0_u64..30_000_000, 10_000_u64..10_000_000)
            .prop_map(|(a, b)| (Span::from_nanos(a), Span::from_nanos(b))),
    ]
}

/// Each feature is off half of the time, so that all are seen alone and together.
fn spec() -> impl Strategy<Value = BatchSpec> {
    let patience = proptest::option::of((0_u64..2_000).prop_map(Span::from_millis));
    let context = prop_oneof![Just(0_u64), 1_u64..=20_000].prop_map(Span::from_nanos);
    let chunk = proptest::option::of(prop_oneof![
        (1_u64..=60).prop_map(Span::from_millis),
        (1_u64..100_000_000).prop_map(Span::from_nanos),
    ]);
    let memory = proptest::option::of(1_u64..=3_000);
    let slowed = prop_oneof![Just(0_u32), 1_u32..=5_000_000];
    (step_times(), context, chunk, 1_u32..=12, memory, 0_u32..=6, patience, slowed).prop_map(
        |(
            (step_base, step_per_sequence),
            step_per_kv_token,
            chunk,
            sequences,
            kv_tokens,
            queue,
            queue_wait,
            slowed,
        )| {
            BatchSpec {
                step_base,
                step_per_sequence,
                step_per_kv_token,
                chunk,
                sequences,
                kv_tokens,
                queue,
                queue_wait,
                slowed,
            }
        },
    )
}

fn told() -> impl Strategy<Value = Told> {
    let when = prop_oneof![
        3 => Just(When::Now),
        5 => (0_u64..600_000_000).prop_map(When::After),
        1 => (0_u64..5_000_000_000).prop_map(When::After),
        3 => Just(When::AtNextEvent),
    ];
    // Few distinct lengths, so that several end together.
    let prefill = prop_oneof![
        Just(Span::ZERO),
        (0_u64..=8).prop_map(|n| Span::from_millis(250 * n)),
        (0_u64..2_000_000_000).prop_map(Span::from_nanos),
    ];
    let output = prop_oneof![Just(1_u32), 1_u32..=60];
    let slowdown = prop_oneof![
        2 => Just(Some(1.0)),
        3 => (1.0..5.0_f64).prop_map(Some),
        1 => Just(None),
    ];
    let gone = prop_oneof![2 => Just(0), 1 => 0..=Pace::ALL];
    let step = prop_oneof![
        12 => (prefill, 0_u32..=1_000, output)
            .prop_map(|(prefill, prompt, output)| Step::Offer { prefill, prompt, output }),
        4 => any::<Index>().prop_map(Step::Remove),
        3 => (prop_oneof![Just(0.0), 0.0..=0.9], slowdown.clone(), slowdown, gone)
            .prop_map(|(competing, prefill, decode, gone)| Step::SetPace(Pace { competing, prefill, decode, gone })),
        1 => Just(Step::Clear),
    ];
    (when, any::<bool>(), step)
}

/// Runs the fast endpoint by its own word about when something happens next.
fn run(batch: &mut Batch, limit: Time, inclusive: bool, log: &mut Vec<(Time, Signal)>) {
    let mut signals = Vec::new();
    while let Some(at) = batch.next_event().filter(|&at| at < limit || (inclusive && at == limit)) {
        batch.advance(at, &mut signals);
        assert!(!signals.is_empty(), "an event at which nothing happens");
        log.extend(signals.drain(..).map(|signal| (at, signal)));
    }
}

fn play(spec: BatchSpec, story: &[Told]) -> Result<(), TestCaseError> {
    let (mut fast, mut slow) = (Batch::new(spec), SlowBatch::new(spec));
    let (mut fast_log, mut slow_log) = (Vec::new(), Vec::new());
    let mut offered: Vec<(u32, Slot)> = Vec::new();
    let mut broken_off = 0;
    let mut now = Time::ZERO;
    for (number, (when, events_first, step)) in story.iter().enumerate() {
        now = match when {
            When::Now => now,
            When::After(nanos) => now + Span::from_nanos(*nanos),
            When::AtNextEvent => fast.next_event().unwrap_or(now),
        };
        run(&mut fast, now, *events_first, &mut fast_log);
        slow.run(now, *events_first, &mut slow_log);
        prop_assert_eq!(&fast_log, &slow_log);
        match step {
            &Step::Offer { prefill, prompt, output } => {
                let job = Job { id: number as u32, prefill, prompt, output };
                prop_assert_eq!(fast.has_headroom(job.kv()), slow.has_headroom(job.kv()));
                let headroom = fast.has_headroom(job.kv());
                let taken = match fast.offer(now, job) {
                    Offer::Started(slot) => (Taken::Started, Some(slot)),
                    Offer::Queued(slot) => (Taken::Queued, Some(slot)),
                    Offer::Full => (Taken::Full, None),
                };
                prop_assert_eq!(headroom, taken.0 != Taken::Full, "headroom is what an offer would find");
                offered.extend(taken.1.map(|slot| (job.id, slot)));
                prop_assert_eq!(taken.0, slow.offer(job));
            }
            Step::Remove(_) if offered.is_empty() => {}
            Step::Remove(which) => {
                // Often a job that has left already: its handle must be dead.
                let (id, slot) = offered[which.index(offered.len())];
                let progress = fast.remove(now, slot);
                broken_off += usize::from(progress.is_some());
                prop_assert_eq!(progress, slow.remove(id));
            }
            &Step::SetPace(pace) => {
                fast.set_pace(now, pace);
                slow.set_pace(pace);
            }
            Step::Clear => {
                let mut progress = Vec::new();
                fast.clear(now, &mut progress);
                progress.sort_by_key(|progress| progress.id);
                broken_off += progress.len();
                prop_assert_eq!(progress, slow.clear());
            }
        }
        prop_assert_eq!(fast.next_event(), slow.next_signal());
        for kv in [0, 500, 3_000] {
            prop_assert_eq!(fast.has_headroom(kv), slow.has_headroom(kv));
        }
        prop_assert_eq!(fast.occupancy(), slow.occupancy());
    }
    // The weather clears, and all that is left runs out.
    fast.set_pace(now, Pace::FULL);
    slow.set_pace(Pace::FULL);
    run(&mut fast, Time::MAX, false, &mut fast_log);
    slow.drain(&mut slow_log);
    prop_assert_eq!(&fast_log, &slow_log);
    prop_assert_eq!(fast.occupancy(), 0);
    let left = fast_log.iter().filter(|(_, signal)| !matches!(signal, Signal::FirstToken(_))).count();
    prop_assert_eq!(left + broken_off, offered.len(), "a job leaves exactly once");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batch_agrees_with_the_per_token_oracle(spec in spec(), story in proptest::collection::vec(told(), 1..50)) {
        play(spec, &story)?;
    }
}

//! An endpoint that always has the same number of sequences inside: one leaves, the next comes. Lengths are drawn from a
//! fixed seed, so that leave-marks are spread as in real traffic.

use sandbox_core::{Seed, Span, Stream, Time, uniform};
use sandbox_providers::{Batch, BatchSpec, Job, Offer, Signal};

/// Which features are on.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Features {
    /// Slots and step time by number of sequences.
    Plain,
    /// And KV memory, and step time by context.
    Kv,
    /// And chunked prefill.
    KvAndChunk,
}

pub(crate) struct Steady {
    batch: Batch,
    lengths: Stream,
    now: Time,
    next: u32,
    signals: Vec<Signal>,
}

impl Steady {
    /// With `n` sequences inside, of different ages.
    pub(crate) fn new(n: u32, features: Features) -> Self {
        let kv = features != Features::Plain;
        let batch = Batch::new(BatchSpec {
            step_base: Span::from_millis(20),
            step_per_sequence: Span::from_micros(20),
            step_per_kv_token: Span::from_nanos(u64::from(kv)),
            kv_tokens: kv.then_some(u64::MAX / 4),
            chunk: (features == Features::KvAndChunk).then_some(Span::from_millis(20)),
            ..BatchSpec::slots(n)
        });
        let mut steady = Self {
            batch,
            lengths: Seed::new(1).stream("lengths"),
            now: Time::ZERO,
            next: 0,
            signals: Vec::new(),
        };
        for _ in 0..n {
            steady.offer();
        }
        // Past the first generation, which began together.
        steady.cycles(3 * u64::from(n));
        steady
    }

    fn offer(&mut self) {
        let draw = uniform(&mut self.lengths);
        let job = Job {
            id: self.next,
            prefill: Span::from_micros(10),
            prompt: 1_000,
            output: 100 + (draw * 400.0) as u32,
        };
        self.next = self.next.wrapping_add(1);
        let taken = self.batch.offer(self.now, job);
        assert!(matches!(taken, Offer::Started(_)));
    }

    /// So many requests come and leave; the instant at which the last one does.
    pub(crate) fn cycles(&mut self, cycles: u64) -> Time {
        let mut left = cycles;
        while left > 0 {
            self.now = self.batch.next_event().expect("somebody is inside");
            self.batch.advance(self.now, &mut self.signals);
            let done = self.signals.iter().filter(|signal| matches!(signal, Signal::Done(_))).count();
            self.signals.clear();
            for _ in 0..done {
                self.offer();
            }
            left = left.saturating_sub(done as u64);
        }
        self.now
    }
}

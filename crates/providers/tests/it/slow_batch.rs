//! The slow, obvious endpoint: the oracle of `Batch`.
//!
//! No shared clocks, no heaps, no marks: each sequence keeps what it has attained itself, and every step scans all of
//! them for the nearest of: a token boundary, the end of a prefill, the end of somebody's patience. O(sequences) a
//! token.
//!
//! What it must share with `Batch` to agree to the nanosecond are the units and the roundings, which are part of the
//! model. With `a`, `b`, `N` of the spec, competing share `u` and slowdown `s` (of prefill, of decoding):
//!
//! * `N` and the KV memory `M` stand for what is not gone: of each, `⌊gone · each⌋` is (but for one slot)
//! * a prefill that starts beside `n` others in slots, other tenants' included, has `⌊prefill · n · slowed / (10⁶ · (N - 1))⌋` more
//!   work; with one slot it has its own
//! * other tenants hold `others = min(⌊u · N⌋, N - 1)` slots; `N - others` are ours; and `⌊u · M⌋` of the memory
//! * a job is admitted if there is a slot, and if its prompt and answer fit into what is left of our memory or nobody
//!   of ours is admitted; nobody overtakes the first in the queue
//! * prefill work is counted in 2⁻³² ns; a nanosecond does `w = max(1, ⌊max(1 - u, 1/1000) / s · 2³²⌋)` of it, or, with
//!   a chunk of `h` ns of work that `p` jobs share, `max(1, ⌊w · h / (p · τ)⌋)`
//! * tokens are counted in 2⁻⁵²; a nanosecond makes `max(1, ⌊2⁶⁸ / (τ · ⌊s · 2¹⁶⌋)⌋)` of them for each sequence, where
//!   `τ = max(1 ns, a + b · (decoding + others) + c · (K + ⌊K · others / decoding⌋) + h)` with `K` the sum of
//!   `prompt + ⌊output / 2⌋` over those that decode, and `h` only while `p > 0`
//! * standing still, both are zero
//! * what is reached between two nanoseconds happens at the later one
//!
//! And the order at one instant: last tokens, first tokens, lost patience, then waiting jobs start; again until
//! nothing more happens. Of two last (or first) tokens the more overdue comes first, then the one that began earlier.

use sandbox_core::{Span, Time};
use sandbox_providers::{BatchSpec, Job, Pace, Progress, Signal};

const TOKEN: u128 = 1 << 52;
const NANO_OF_WORK: u128 = 1 << 32;

#[derive(Copy, Clone, PartialEq, Debug)]
enum Stage {
    Waiting { since: Time },
    Prefill { done: u128 },
    Decode { attained: u128, made: u32 },
}

#[derive(Copy, Clone, Debug)]
struct Sequence {
    job: Job,
    stage: Stage,
    /// When it entered its stage, as a place in a row.
    place: u64,
}

impl Sequence {
    fn work(&self) -> u128 {
        u128::from(self.job.prefill.as_nanos()) * NANO_OF_WORK
    }

    /// Tokens that decoding owes: the first one comes from the prefill.
    fn owed(&self) -> u32 {
        self.job.output.saturating_sub(1)
    }

    fn made(&self) -> u32 {
        match self.stage {
            Stage::Decode { made, .. } => made,
            Stage::Waiting { .. } | Stage::Prefill { .. } => 0,
        }
    }

    fn tokens(&self) -> u32 {
        match self.stage {
            Stage::Decode { made, .. } => 1 + made.min(self.owed()),
            Stage::Waiting { .. } | Stage::Prefill { .. } => 0,
        }
    }

    fn progress(&self) -> Progress {
        Progress { id: self.job.id, tokens: self.tokens() }
    }
}

/// What became of an offer, without the handle.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    Started,
    Queued,
    Full,
}

/// The endpoint, in order of offers.
#[derive(Clone, Debug)]
pub(crate) struct SlowBatch {
    spec: BatchSpec,
    pace: Pace,
    now: Time,
    sequences: Vec<Sequence>,
    places: u64,
}

impl SlowBatch {
    pub(crate) fn new(spec: BatchSpec) -> Self {
        Self { spec, pace: Pace::FULL, now: Time::ZERO, sequences: Vec::new(), places: 0 }
    }

    /// Runs all that happens before `limit`, and what happens at it if `inclusive`; then it is `limit`.
    pub(crate) fn run(&mut self, limit: Time, inclusive: bool, log: &mut Vec<(Time, Signal)>) {
        while let Some(at) = self.next_step().filter(|&at| at < limit || (inclusive && at == limit)) {
            self.move_to(at);
            self.settle(log);
        }
        self.move_to(limit);
    }

    /// Runs until nothing is left to happen.
    pub(crate) fn drain(&mut self, log: &mut Vec<(Time, Signal)>) {
        while let Some(at) = self.next_step() {
            self.move_to(at);
            self.settle(log);
        }
    }

    pub(crate) fn offer(&mut self, job: Job) -> Taken {
        let (taken, stage) = if self.spec.kv_tokens.is_some_and(|kv| job.kv() > kv) {
            return Taken::Full;
        } else if self.waiting() == 0 && self.fits(job.kv()) {
            (Taken::Started, Stage::Prefill { done: 0 })
        } else if self.waiting() < self.spec.queue {
            (Taken::Queued, Stage::Waiting { since: self.now })
        } else {
            return Taken::Full;
        };
        self.places += 1;
        let job = if taken == Taken::Started { self.slowed(job) } else { job };
        self.sequences.push(Sequence { job, stage, place: self.places });
        taken
    }

    /// With its prefill as long as it is beside those that are in slots now.
    fn slowed(&self, job: Job) -> Job {
        let waits = |s: &&Sequence| matches!(s.stage, Stage::Waiting { .. });
        let ours = self.sequences.len() - self.sequences.iter().filter(waits).count();
        let beside = ours as u128 + u128::from(self.others());
        let most = u128::from(self.spec.sequences.max(2) - 1) * 1_000_000;
        let beside = if self.spec.sequences == 1 { 0 } else { beside };
        let alone = u128::from(job.prefill.as_nanos());
        let longer = alone * beside * u128::from(self.spec.slowed) / most;
        Job { prefill: Span::from_nanos((alone + longer) as u64), ..job }
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<Progress> {
        let index = self.sequences.iter().position(|sequence| sequence.job.id == id)?;
        let progress = self.sequences.remove(index).progress();
        self.start_waiting();
        Some(progress)
    }

    /// What breaks off, by name.
    pub(crate) fn clear(&mut self) -> Vec<Progress> {
        let mut all: Vec<_> = self.sequences.drain(..).map(|sequence| sequence.progress()).collect();
        all.sort_by_key(|progress| progress.id);
        all
    }

    pub(crate) fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
        self.start_waiting();
    }

    pub(crate) fn has_headroom(&self, kv: u64) -> bool {
        let room = (self.waiting() == 0 && self.fits(kv)) || self.waiting() < self.spec.queue;
        room && kv <= self.spec.kv_tokens.unwrap_or(u64::MAX)
    }

    pub(crate) fn occupancy(&self) -> u32 {
        self.sequences.len() as u32
    }

    /// When the next signal comes.
    pub(crate) fn next_signal(&self) -> Option<Time> {
        self.soonest(Sequence::owed)
    }

    /// When the next signal or the next token of anybody comes.
    fn next_step(&self) -> Option<Time> {
        self.soonest(|sequence| (sequence.made() + 1).min(sequence.owed()))
    }

    /// The nearest of: somebody's token number `goal`, the end of a prefill, the end of somebody's patience.
    fn soonest(&self, goal: impl Fn(&Sequence) -> u32) -> Option<Time> {
        let after = |left: u128, rate: u128| {
            if left == 0 {
                Some(self.now)
            } else if rate == 0 {
                None
            } else {
                Some(self.now + Span::from_nanos(left.div_ceil(rate) as u64))
            }
        };
        self.sequences
            .iter()
            .filter_map(|sequence| match sequence.stage {
                Stage::Waiting { since } => self.spec.queue_wait.map(|wait| since + wait),
                Stage::Prefill { done } => after(sequence.work().saturating_sub(done), self.work_rate()),
                Stage::Decode { attained, .. } => {
                    let goal = u128::from(goal(sequence)) * TOKEN;
                    after(goal.saturating_sub(attained), self.token_rate())
                }
            })
            .min()
    }

    fn move_to(&mut self, at: Time) {
        let elapsed = u128::from(at.since(self.now).as_nanos());
        let (work, tokens) = (elapsed * self.work_rate(), elapsed * self.token_rate());
        for sequence in &mut self.sequences {
            match &mut sequence.stage {
                Stage::Waiting { .. } => {}
                Stage::Prefill { done } => *done += work,
                Stage::Decode { attained, made } => {
                    *attained += tokens;
                    if *attained >= u128::from(*made + 1) * TOKEN {
                        *made += 1;
                    }
                    assert!(*attained < u128::from(*made + 1) * TOKEN, "stepped over a token");
                }
            }
        }
        self.now = at;
    }

    fn settle(&mut self, log: &mut Vec<(Time, Signal)>) {
        loop {
            let before = log.len();
            while let Some(index) = self.most_overdue(|sequence| match sequence.stage {
                Stage::Decode { attained, .. } => attained.checked_sub(u128::from(sequence.owed()) * TOKEN),
                Stage::Waiting { .. } | Stage::Prefill { .. } => None,
            }) {
                let done = self.sequences.remove(index);
                log.push((self.now, Signal::Done(done.job.id)));
            }
            while let Some(index) = self.most_overdue(|sequence| match sequence.stage {
                Stage::Prefill { done } => done.checked_sub(sequence.work()),
                Stage::Waiting { .. } | Stage::Decode { .. } => None,
            }) {
                self.places += 1;
                let sequence = &mut self.sequences[index];
                log.push((self.now, Signal::FirstToken(sequence.job.id)));
                if sequence.owed() == 0 {
                    log.push((self.now, Signal::Done(sequence.job.id)));
                    self.sequences.remove(index);
                } else {
                    sequence.stage = Stage::Decode { attained: 0, made: 0 };
                    sequence.place = self.places;
                }
            }
            let lost = |sequence: &Sequence| match (sequence.stage, self.spec.queue_wait) {
                (Stage::Waiting { since }, Some(wait)) => since + wait <= self.now,
                _ => false,
            };
            log.extend(
                self.sequences
                    .iter()
                    .filter(|sequence| lost(sequence))
                    .map(|sequence| (self.now, Signal::WaitedTooLong(sequence.job.id))),
            );
            let kept: Vec<_> = self.sequences.iter().copied().filter(|sequence| !lost(sequence)).collect();
            self.sequences = kept;
            if !self.start_waiting() && log.len() == before {
                return;
            }
        }
    }

    fn start_waiting(&mut self) -> bool {
        let mut started = false;
        loop {
            let first = self.sequences.iter().position(|s| matches!(s.stage, Stage::Waiting { .. }));
            let Some(first) = first.filter(|&first| self.fits(self.sequences[first].job.kv())) else { break };
            let job = self.slowed(self.sequences[first].job);
            let sequence = &mut self.sequences[first];
            sequence.job = job;
            self.places += 1;
            (sequence.stage, sequence.place) = (Stage::Prefill { done: 0 }, self.places);
            started = true;
        }
        started
    }

    /// Whose `excess` is greatest, the earlier place first; `None` if nobody has any.
    fn most_overdue(&self, excess: impl Fn(&Sequence) -> Option<u128>) -> Option<usize> {
        let due = |index: usize| Some((excess(&self.sequences[index])?, index));
        (0..self.sequences.len())
            .filter_map(due)
            .max_by_key(|&(excess, index)| (excess, std::cmp::Reverse(self.sequences[index].place)))
            .map(|(_, index)| index)
    }

    fn waiting(&self) -> u32 {
        self.count(|stage| matches!(stage, Stage::Waiting { .. }))
    }

    fn admitted(&self) -> u32 {
        self.occupancy() - self.waiting()
    }

    fn count(&self, which: impl Fn(Stage) -> bool) -> u32 {
        self.sequences.iter().filter(|sequence| which(sequence.stage)).count() as u32
    }

    fn fits(&self, kv: u64) -> bool {
        let admitted = self.sequences.iter().filter(|s| !matches!(s.stage, Stage::Waiting { .. }));
        let reserved: u64 = admitted.map(|s| s.job.kv()).sum();
        let memory = self.spec.kv_tokens.is_none_or(|all| {
            let all = self.left(all);
            reserved + kv <= all - (self.pace.competing * all as f64) as u64
        });
        self.admitted() < self.slots() && (memory || self.admitted() == 0)
    }

    fn left(&self, all: u64) -> u64 {
        all - (u128::from(all) * u128::from(self.pace.gone) / 1_000_000_000) as u64
    }

    fn sequences(&self) -> u32 {
        (self.left(u64::from(self.spec.sequences)) as u32).max(1)
    }

    fn others(&self) -> u32 {
        ((self.pace.competing * f64::from(self.sequences())) as u32).min(self.sequences() - 1)
    }

    fn slots(&self) -> u32 {
        self.sequences() - self.others()
    }

    fn prefilling(&self) -> u32 {
        self.count(|stage| matches!(stage, Stage::Prefill { .. }))
    }

    fn work_rate(&self) -> u128 {
        let Some(slowdown) = self.pace.prefill else { return 0 };
        let share = (1.0 - self.pace.competing).max(1e-3);
        let alone = (((share / slowdown) * NANO_OF_WORK as f64) as u128).max(1);
        match self.spec.chunk {
            None => alone,
            Some(_) if self.prefilling() == 0 => 0,
            Some(chunk) => {
                let shared = u128::from(self.prefilling()) * self.step();
                (alone * u128::from(chunk.as_nanos()) / shared).max(1)
            }
        }
    }

    fn step(&self) -> u128 {
        let decoding: Vec<_> =
            self.sequences.iter().filter(|s| matches!(s.stage, Stage::Decode { .. })).collect();
        let ours: u64 = decoding.iter().map(|s| u64::from(s.job.prompt) + u64::from(s.job.output / 2)).sum();
        let decoding = decoding.len() as u64;
        let theirs = (ours * u64::from(self.others())).checked_div(decoding).unwrap_or(0);
        let step = self.spec.step_base
            + self.spec.step_per_sequence * (decoding + u64::from(self.others()))
            + self.spec.step_per_kv_token * (ours + theirs);
        let chunk = self.spec.chunk.filter(|_| self.prefilling() > 0).unwrap_or(Span::ZERO);
        u128::from((step + chunk).as_nanos().max(1))
    }

    fn token_rate(&self) -> u128 {
        let Some(slowdown) = self.pace.decode else { return 0 };
        ((TOKEN << 16) / (self.step() * (slowdown * 65_536.0) as u128)).max(1)
    }
}

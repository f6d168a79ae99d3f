//! An endpoint with continuous batching, as processor sharing under virtual clocks.
//!
//! A request holds one of the endpoint's sequence slots from admission to its last token. First its prompt is
//! prefilled, which yields the first token; then it decodes `output - 1` more. With `B` sequences decoding, one step
//! takes `τ(B) = a + b·B` and gives each of them one token, so all advance at the same pace: one virtual clock
//! `V` (tokens attained by a sequence that was always there) stands for all of them. A sequence that joins at `V`
//! leaves at `V + output - 1`, and only the smallest leave-mark needs an event: O(log B) a request. Prefills run side
//! by side under a second clock, which falls behind real time when the endpoint is slowed down.
//!
//! Other tenants' load `u` takes `u · sequences` of the slots: those are not free for us, they are part of `B`, and
//! prefill work gets the remaining share `1 - u` (the mean of an M/G/1-PS queue, E[T|x] = x / (1 - ρ)).
//!
//! Invariants: integers only, so that a clock that is advanced in one step or in many reads the same; at most
//! `slots` of our sequences are admitted; a job leaves exactly once.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use sandbox_core::{Span, Time};

/// Fraction bits of the decode clock [2⁻⁵² tokens]: a pace is rounded down by less than τ / 2⁵² ns, which is 1 in 10⁸ at
/// τ = 45 ms and 1 in 450,000 at 10 s.
const TOKEN_BITS: u32 = 52;
/// Fraction bits of the prefill clock [2⁻³² ns]: its pace is rounded down by less than 1 in 10⁶ down to a thousandth.
const WORK_BITS: u32 = 32;
/// Fraction bits of a slowdown.
const SLOWDOWN_BITS: u32 = 16;

/// What an endpoint can do; see `Serving` of the scenario format.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BatchSpec {
    /// Decode step time without sequences (`a`).
    pub step_base: Span,
    /// Decode step time per sequence (`b`); `a` and `b` are not both zero.
    pub step_per_sequence: Span,
    /// Sequence slots, shared with other tenants; at least 1.
    pub sequences: u32,
    /// Requests that may wait for a slot.
    pub queue: u32,
    /// Longest wait for a slot.
    pub queue_wait: Option<Span>,
}

/// How fast an endpoint works.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Pace {
    /// Share of the batch that other tenants take, 0 to 1.
    pub competing: f64,
    /// How many times longer prefill takes, at least 1; `None`: it stands still.
    pub prefill: Option<f64>,
    /// How many times longer a decode step takes, at least 1; `None`: streams stand still.
    pub decode: Option<f64>,
}

impl Pace {
    /// Nobody else is there, and nothing is wrong.
    pub const FULL: Self = Self { competing: 0.0, prefill: Some(1.0), decode: Some(1.0) };
}

/// One request for an endpoint.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The caller's name for it; comes back in signals.
    pub id: u32,
    /// Prefill time of this prompt at full speed.
    pub prefill: Span,
    /// Tokens of the answer, the first included; 0 counts as 1.
    pub output: u32,
}

/// What became of an offer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Offer {
    /// It has a slot.
    Started(Slot),
    /// It waits for one.
    Queued(Slot),
    /// No slot and no room to wait.
    Full,
}

/// A handle to a job inside its endpoint; not valid once the job has left.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    index: u32,
    generation: u32,
}

/// What happened inside, in the order in which it happened.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Signal {
    /// The first token is out.
    FirstToken(u32),
    /// The last token is out; the job has left.
    Done(u32),
    /// It waited too long; the job has left.
    WaitedTooLong(u32),
}

/// How far a job got that leaves early.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The caller's name for the job.
    pub id: u32,
    /// Tokens made; 0 before the first.
    pub tokens: u32,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    Queued,
    Prefill,
    /// Joined the decode clock at this reading.
    Decode(u128),
}

#[derive(Copy, Clone, Debug)]
struct Entry {
    generation: u32,
    /// `None`: the slot is free.
    job: Option<(Job, Stage)>,
}

/// A leave-mark: clock reading, order of joining, and whose it is. The smallest is on top.
type Mark = Reverse<(u128, u64, u32, u32)>;

/// The endpoint. Tell it the time with every call; times must not decrease.
#[derive(Clone, Debug)]
pub struct Batch {
    spec: BatchSpec,
    /// Slots that other tenants leave to us; at least 1.
    slots: u32,
    others: u32,
    /// Of decoding [2⁻¹⁶]; `None`: stands still.
    slowdown: Option<u64>,
    /// Pace of the prefill clock [2⁻³² ns per ns].
    work_rate: u64,
    /// Pace of the decode clock [2⁻⁵² tokens per ns].
    token_rate: u64,
    now: Time,
    work_clock: u128,
    token_clock: u128,
    prefills: BinaryHeap<Mark>,
    decodes: BinaryHeap<Mark>,
    waiting: VecDeque<(Time, Slot)>,
    prefilling: u32,
    decoding: u32,
    queued: u32,
    entries: Vec<Entry>,
    free: Vec<u32>,
    joined: u64,
}

impl Batch {
    /// An idle endpoint without competing load.
    ///
    /// # Panics
    /// If there is no sequence slot, or a step takes no time.
    #[must_use]
    pub fn new(spec: BatchSpec) -> Self {
        assert!(spec.sequences > 0, "an endpoint needs a sequence slot");
        assert!(spec.step_base + spec.step_per_sequence > Span::ZERO, "a decode step takes time");
        let mut batch = Self {
            spec,
            slots: spec.sequences,
            others: 0,
            slowdown: Some(1 << SLOWDOWN_BITS),
            work_rate: 1 << WORK_BITS,
            token_rate: 0,
            now: Time::ZERO,
            work_clock: 0,
            token_clock: 0,
            prefills: BinaryHeap::new(),
            decodes: BinaryHeap::new(),
            waiting: VecDeque::new(),
            prefilling: 0,
            decoding: 0,
            queued: 0,
            entries: Vec::new(),
            free: Vec::new(),
            joined: 0,
        };
        batch.set_token_rate();
        batch
    }

    /// Offers a job.
    pub fn offer(&mut self, now: Time, job: Job) -> Offer {
        self.run_clocks(now);
        if self.queued == 0 && self.admitted() < self.slots {
            let slot = self.allocate(job, Stage::Prefill);
            self.start_prefill(slot, job);
            Offer::Started(slot)
        } else if self.queued < self.spec.queue {
            let slot = self.allocate(job, Stage::Queued);
            self.waiting.push_back((now, slot));
            self.queued += 1;
            Offer::Queued(slot)
        } else {
            Offer::Full
        }
    }

    /// When something happens next, if nothing else is told before.
    #[inline]
    #[must_use]
    pub fn next_event(&self) -> Option<Time> {
        let due = |mark: Option<&Mark>, clock: u128, rate: u64| {
            let Reverse((mark, ..)) = mark?;
            let left = mark.saturating_sub(clock);
            if left == 0 {
                return Some(self.now);
            }
            if rate == 0 {
                return None;
            }
            // What is left mostly fits 64 bits: 4,096 tokens, or 4 s of prefill.
            let nanos = match u64::try_from(left) {
                Ok(left) => left.div_ceil(rate),
                Err(_) => u64::try_from(left.div_ceil(u128::from(rate))).unwrap_or(u64::MAX),
            };
            Some(self.now.saturating_add(Span::from_nanos(nanos)))
        };
        let prefill = due(self.prefills.peek(), self.work_clock, self.work_rate);
        let decode = due(self.decodes.peek(), self.token_clock, self.token_rate);
        let patience = match (self.spec.queue_wait, self.waiting.front()) {
            (Some(wait), Some(&(since, _))) => Some(since.saturating_add(wait)),
            _ => None,
        };
        [prefill, decode, patience].into_iter().flatten().min()
    }

    /// Moves to `now` and appends what happened on the way to `signals`. `now` must not be later than
    /// [`Batch::next_event`].
    pub fn advance(&mut self, now: Time, signals: &mut Vec<Signal>) {
        self.run_clocks(now);
        loop {
            let before = signals.len();
            self.finish_decodes(signals);
            self.finish_prefills(signals);
            self.give_up_waiting(now, signals);
            let started = self.start_waiting();
            if signals.len() == before && !started {
                return;
            }
        }
    }

    /// Takes a job out because its caller gave up; `None` if it has left already.
    pub fn remove(&mut self, now: Time, slot: Slot) -> Option<Progress> {
        self.run_clocks(now);
        let progress = self.release(slot)?;
        self.drop_stale();
        self.start_waiting();
        Some(progress)
    }

    /// Breaks off everything, in order of slots.
    pub fn clear(&mut self, now: Time, out: &mut Vec<Progress>) {
        self.run_clocks(now);
        for index in 0..self.entries.len() as u32 {
            let slot = Slot { index, generation: self.entries[index as usize].generation };
            out.extend(self.release(slot));
        }
        self.prefills.clear();
        self.decodes.clear();
        self.waiting.clear();
    }

    /// Sets how fast it works from now on.
    pub fn set_pace(&mut self, now: Time, pace: Pace) {
        self.run_clocks(now);
        let competing = pace.competing.clamp(0.0, 1.0);
        let others = (competing * f64::from(self.spec.sequences)) as u32;
        self.others = others.min(self.spec.sequences - 1);
        self.slots = self.spec.sequences - self.others;
        self.slowdown = pace.decode.map(|s| (s.max(1.0) * f64::from(1_u32 << SLOWDOWN_BITS)) as u64);
        let share = (1.0 - competing).max(1e-3);
        // However slow, it moves: only `None` stands still.
        self.work_rate =
            pace.prefill.map_or(0, |s| (((share / s.max(1.0)) * (1_u64 << WORK_BITS) as f64) as u64).max(1));
        self.set_token_rate();
        self.start_waiting();
    }

    /// Whether an offer would be taken now (started or queued).
    #[must_use]
    pub fn has_headroom(&self) -> bool {
        self.admitted() < self.slots || self.queued < self.spec.queue
    }

    /// Our jobs inside: waiting, prefilling and decoding.
    #[must_use]
    pub fn occupancy(&self) -> u32 {
        self.admitted() + self.queued
    }

    const fn admitted(&self) -> u32 {
        self.prefilling + self.decoding
    }

    #[inline]
    fn run_clocks(&mut self, now: Time) {
        let elapsed = u128::from(now.since(self.now).as_nanos());
        self.work_clock += elapsed * u128::from(self.work_rate);
        self.token_clock += elapsed * u128::from(self.token_rate);
        self.now = now;
    }

    #[inline]
    fn set_token_rate(&mut self) {
        let Some(slowdown) = self.slowdown else {
            self.token_rate = 0;
            return;
        };
        let sequences = u64::from(self.decoding + self.others);
        let step = self.spec.step_base.as_nanos() + self.spec.step_per_sequence.as_nanos() * sequences;
        // An empty batch without a base time has no pace, and nobody to notice.
        let step = step.max(1);
        let rate = if slowdown == 1 << SLOWDOWN_BITS {
            (1 << TOKEN_BITS) / step
        } else {
            ((1_u128 << (TOKEN_BITS + SLOWDOWN_BITS)) / (u128::from(step) * u128::from(slowdown))) as u64
        };
        // However slow, it moves.
        self.token_rate = rate.max(1);
    }

    fn allocate(&mut self, job: Job, stage: Stage) -> Slot {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry { generation: 0, job: None });
            (self.entries.len() - 1) as u32
        });
        let entry = &mut self.entries[index as usize];
        entry.job = Some((job, stage));
        Slot { index, generation: entry.generation }
    }

    /// Frees a job's slot and counts it out of its stage; marks and queue places it leaves behind are stale.
    fn release(&mut self, slot: Slot) -> Option<Progress> {
        let entry = &mut self.entries[slot.index as usize];
        if entry.generation != slot.generation {
            return None;
        }
        let (job, stage) = entry.job.take()?;
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(slot.index);
        let tokens = match stage {
            Stage::Queued => {
                self.queued -= 1;
                0
            }
            Stage::Prefill => {
                self.prefilling -= 1;
                0
            }
            Stage::Decode(joined) => {
                self.decoding -= 1;
                self.set_token_rate();
                let made = ((self.token_clock - joined) >> TOKEN_BITS) as u32;
                (made + 1).min(job.output)
            }
        };
        Some(Progress { id: job.id, tokens })
    }

    fn start_prefill(&mut self, slot: Slot, job: Job) {
        let work = u128::from(job.prefill.as_nanos()) << WORK_BITS;
        self.joined += 1;
        self.prefills.push(Reverse((self.work_clock + work, self.joined, slot.index, slot.generation)));
        self.prefilling += 1;
    }

    fn finish_prefills(&mut self, signals: &mut Vec<Signal>) {
        while let Some(&Reverse((mark, _, index, generation))) = self.prefills.peek() {
            let Some((job, stage)) = self.current(index, generation) else {
                self.prefills.pop();
                continue;
            };
            if mark > self.work_clock {
                return;
            }
            self.prefills.pop();
            debug_assert_eq!(stage, Stage::Prefill);
            signals.push(Signal::FirstToken(job.id));
            if job.output <= 1 {
                self.release(Slot { index, generation });
                signals.push(Signal::Done(job.id));
                continue;
            }
            self.entries[index as usize].job = Some((job, Stage::Decode(self.token_clock)));
            self.prefilling -= 1;
            self.decoding += 1;
            self.joined += 1;
            let leave = self.token_clock + (u128::from(job.output - 1) << TOKEN_BITS);
            self.decodes.push(Reverse((leave, self.joined, index, generation)));
            self.set_token_rate();
        }
    }

    fn finish_decodes(&mut self, signals: &mut Vec<Signal>) {
        while let Some(&Reverse((mark, _, index, generation))) = self.decodes.peek() {
            let Some((job, _)) = self.current(index, generation) else {
                self.decodes.pop();
                continue;
            };
            if mark > self.token_clock {
                return;
            }
            self.decodes.pop();
            self.release(Slot { index, generation });
            signals.push(Signal::Done(job.id));
        }
    }

    fn give_up_waiting(&mut self, now: Time, signals: &mut Vec<Signal>) {
        let Some(wait) = self.spec.queue_wait else { return };
        while let Some(&(since, slot)) = self.waiting.front() {
            match self.current(slot.index, slot.generation) {
                Some((job, _)) if now >= since.saturating_add(wait) => {
                    self.release(slot);
                    signals.push(Signal::WaitedTooLong(job.id));
                }
                Some(_) => return,
                None => {}
            }
            self.waiting.pop_front();
        }
    }

    fn start_waiting(&mut self) -> bool {
        let mut started = false;
        while self.queued > 0 && self.admitted() < self.slots {
            let Some((_, slot)) = self.waiting.pop_front() else { break };
            if let Some((job, Stage::Queued)) = self.current(slot.index, slot.generation) {
                self.entries[slot.index as usize].job = Some((job, Stage::Prefill));
                self.queued -= 1;
                self.start_prefill(slot, job);
                started = true;
            }
        }
        // Behind those that start there may be places that others left behind.
        if started {
            self.drop_stale_waiting();
        }
        started
    }

    /// Keeps the tops of the heaps and the front of the queue real, so that the next event is a real one.
    fn drop_stale(&mut self) {
        while let Some(&Reverse((_, _, index, generation))) = self.prefills.peek() {
            if self.current(index, generation).is_some() {
                break;
            }
            self.prefills.pop();
        }
        while let Some(&Reverse((_, _, index, generation))) = self.decodes.peek() {
            if self.current(index, generation).is_some() {
                break;
            }
            self.decodes.pop();
        }
        self.drop_stale_waiting();
    }

    fn drop_stale_waiting(&mut self) {
        while let Some(&(_, slot)) = self.waiting.front() {
            if self.current(slot.index, slot.generation).is_some() {
                break;
            }
            self.waiting.pop_front();
        }
    }

    #[inline]
    fn current(&self, index: u32, generation: u32) -> Option<(Job, Stage)> {
        let entry = &self.entries[index as usize];
        if entry.generation == generation { entry.job } else { None }
    }
}

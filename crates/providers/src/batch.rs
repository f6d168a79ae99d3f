//! An endpoint with continuous batching, as processor sharing under virtual clocks.
//!
//! A request holds one of the endpoint's sequence slots from admission to its last token. First its prompt is
//! prefilled, which yields the first token; then it decodes `output - 1` more. With `B` sequences decoding, one step
//! takes `τ` (`rates`) and gives each of them one token, so all advance at the same pace: one virtual clock
//! `V` (tokens attained by a sequence that was always there) stands for all of them. A sequence that joins at `V`
//! leaves at `V + output - 1`, and only the smallest leave-mark needs an event: O(log B) a request. Prefills run side
//! by side under a second clock, which falls behind real time when the endpoint is slowed down, and when they share
//! a budget of prompt tokens in each step (chunked prefill).
//!
//! The step time may depend on the context that the decoding sequences hold. Each counts with its mean over its life,
//! `prompt + output / 2` tokens, so that the pace changes only when a sequence joins or leaves.
//!
//! A prefill may take longer the more are inside when it starts ([`BatchSpec::slowed`]); what starts later does not change it.
//!
//! Memory: a job reserves `prompt + output` tokens of KV memory from admission to its end, and waits until they fit.
//! The queue is strictly first come, first served. Whoever finds nobody of ours admitted is admitted, however much
//! other tenants hold: nothing waits for ever.
//!
//! Other tenants' load `u` takes `u · sequences` of the slots, and that share of the KV memory: those are not free for
//! us, they are part of `B`, and prefill work gets the remaining share `1 - u` (the mean of an M/G/1-PS queue,
//! E[T|x] = x / (1 - ρ)).
//!
//! Invariants: integers only, so that a clock that is advanced in one step or in many reads the same; at most
//! `slots` of our sequences are admitted; a job leaves exactly once.

mod rates;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use sandbox_core::{Span, Time};

pub use rates::{BatchSpec, Pace};
use rates::{Load, Rates, TOKEN_BITS, WORK_BITS};

/// One request for an endpoint.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The caller's name for it; comes back in signals.
    pub id: u32,
    /// Prefill time of this prompt at full speed.
    pub prefill: Span,
    /// Tokens of the prompt: what it holds in memory, cached or not.
    pub prompt: u32,
    /// Tokens of the answer, the first included; 0 counts as 1.
    pub output: u32,
}

impl Job {
    /// KV memory that it reserves while it is admitted (tokens).
    #[must_use]
    pub const fn kv(&self) -> u64 {
        self.prompt as u64 + self.output as u64
    }

    /// Its mean context while it decodes [tokens].
    const fn context(&self) -> u64 {
        self.prompt as u64 + self.output as u64 / 2
    }
}

/// What became of an offer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Offer {
    /// It has a slot.
    Started(Slot),
    /// It waits for one.
    Queued(Slot),
    /// No slot and no room to wait, or more tokens than the endpoint's memory could ever hold.
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

/// A job and its stage, laid flat: 64 bytes, a cache line.
#[derive(Copy, Clone, Debug)]
struct Entry {
    generation: u32,
    id: u32,
    prompt: u32,
    output: u32,
    prefill: Span,
    /// `None`: the slot is free.
    stage: Option<Stage>,
}

const _: () = assert!(size_of::<Entry>() == 64);

impl Entry {
    const FREE: Self = Self { generation: 0, id: 0, prompt: 0, output: 0, prefill: Span::ZERO, stage: None };

    #[inline]
    const fn job(&self) -> Job {
        Job { id: self.id, prefill: self.prefill, prompt: self.prompt, output: self.output }
    }
}

/// A leave-mark: clock reading, order of joining, and whose it is. The smallest is on top.
type Mark = Reverse<(u128, u64, u32, u32)>;

/// The endpoint. Tell it the time with every call; times must not decrease.
#[derive(Clone, Debug)]
pub struct Batch {
    spec: BatchSpec,
    rates: Rates,
    now: Time,
    work_clock: u128,
    token_clock: u128,
    prefills: BinaryHeap<Mark>,
    decodes: BinaryHeap<Mark>,
    waiting: VecDeque<(Time, Slot)>,
    load: Load,
    /// KV memory that the admitted reserve [tokens].
    reserved: u64,
    queued: u32,
    entries: Vec<Entry>,
    free: Vec<u32>,
    joined: u64,
}

impl Batch {
    /// An idle endpoint without competing load.
    ///
    /// # Panics
    /// If there is no sequence slot, a step takes no time, or a chunk has no work.
    #[must_use]
    pub fn new(spec: BatchSpec) -> Self {
        assert!(spec.sequences > 0, "an endpoint needs a sequence slot");
        let step = spec.step_base + spec.step_per_sequence + spec.step_per_kv_token;
        assert!(step > Span::ZERO, "a decode step takes time");
        assert!(spec.chunk != Some(Span::ZERO), "a chunk that does nothing never ends a prefill");
        Self {
            spec,
            rates: Rates::new(spec),
            now: Time::ZERO,
            work_clock: 0,
            token_clock: 0,
            prefills: BinaryHeap::new(),
            decodes: BinaryHeap::new(),
            waiting: VecDeque::new(),
            load: Load::default(),
            reserved: 0,
            queued: 0,
            entries: Vec::new(),
            free: Vec::new(),
            joined: 0,
        }
    }

    /// Offers a job.
    pub fn offer(&mut self, now: Time, job: Job) -> Offer {
        self.run_clocks(now);
        if self.spec.kv_tokens.is_some_and(|kv| job.kv() > kv) {
            Offer::Full
        } else if self.queued == 0 && self.fits(job.kv()) {
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
        let prefill = due(self.prefills.peek(), self.work_clock, self.rates.work);
        let decode = due(self.decodes.peek(), self.token_clock, self.rates.token);
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

    /// Sets how fast it works from now on. Nothing is broken off, even if more are admitted than now would be.
    pub fn set_pace(&mut self, now: Time, pace: Pace) {
        self.run_clocks(now);
        self.rates.set_pace(pace);
        self.rates.follow(self.load);
        self.start_waiting();
    }

    /// Whether a job that reserves so many tokens ([`Job::kv`]) would be taken now (started or queued).
    #[must_use]
    pub fn has_headroom(&self, kv: u64) -> bool {
        self.spec.kv_tokens.is_none_or(|most| kv <= most)
            && (self.queued < self.spec.queue || (self.queued == 0 && self.fits(kv)))
    }

    /// Our jobs inside: waiting, prefilling and decoding.
    #[must_use]
    pub fn occupancy(&self) -> u32 {
        self.admitted() + self.queued
    }

    const fn admitted(&self) -> u32 {
        self.load.prefilling + self.load.decoding
    }

    #[inline]
    fn fits(&self, kv: u64) -> bool {
        let admitted = self.admitted();
        admitted < self.rates.slots && (admitted == 0 || self.reserved.saturating_add(kv) <= self.rates.kv)
    }

    #[inline]
    fn run_clocks(&mut self, now: Time) {
        let elapsed = u128::from(now.since(self.now).as_nanos());
        self.work_clock += elapsed * u128::from(self.rates.work);
        self.token_clock += elapsed * u128::from(self.rates.token);
        self.now = now;
    }

    fn allocate(&mut self, job: Job, stage: Stage) -> Slot {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry::FREE);
            (self.entries.len() - 1) as u32
        });
        let entry = &mut self.entries[index as usize];
        let Job { id, prefill, prompt, output } = job;
        *entry = Entry { generation: entry.generation, id, prompt, output, prefill, stage: Some(stage) };
        Slot { index, generation: entry.generation }
    }

    /// Frees a job's slot and counts it out of its stage; marks and queue places it leaves behind are stale.
    fn release(&mut self, slot: Slot) -> Option<Progress> {
        let entry = &mut self.entries[slot.index as usize];
        if entry.generation != slot.generation {
            return None;
        }
        let stage = entry.stage.take()?;
        let job = entry.job();
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(slot.index);
        let tokens = match stage {
            Stage::Queued => {
                self.queued -= 1;
                0
            }
            Stage::Prefill => {
                self.reserved -= job.kv();
                self.load.prefilling -= 1;
                self.rates.follow_prefills(self.load);
                0
            }
            Stage::Decode(joined) => {
                self.reserved -= job.kv();
                self.load.decoding -= 1;
                self.load.context -= job.context();
                self.rates.follow(self.load);
                let made = ((self.token_clock - joined) >> TOKEN_BITS) as u32;
                (made + 1).min(job.output)
            }
        };
        Some(Progress { id: job.id, tokens })
    }

    fn start_prefill(&mut self, slot: Slot, job: Job) {
        let work = self.rates.prefill_work(job.prefill, self.admitted()) << WORK_BITS;
        self.joined += 1;
        self.prefills.push(Reverse((self.work_clock + work, self.joined, slot.index, slot.generation)));
        self.reserved += job.kv();
        self.load.prefilling += 1;
        self.rates.follow_prefills(self.load);
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
            self.entries[index as usize].stage = Some(Stage::Decode(self.token_clock));
            self.load.prefilling -= 1;
            self.load.decoding += 1;
            self.load.context += job.context();
            self.joined += 1;
            let leave = self.token_clock + (u128::from(job.output - 1) << TOKEN_BITS);
            self.decodes.push(Reverse((leave, self.joined, index, generation)));
            self.rates.follow(self.load);
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
        while self.queued > 0 && self.admitted() < self.rates.slots {
            // Nobody overtakes the first.
            self.drop_stale_waiting();
            let Some(&(_, slot)) = self.waiting.front() else { break };
            let Some((job, _)) = self.current(slot.index, slot.generation) else { break };
            if !self.fits(job.kv()) {
                break;
            }
            self.waiting.pop_front();
            self.entries[slot.index as usize].stage = Some(Stage::Prefill);
            self.queued -= 1;
            self.start_prefill(slot, job);
            started = true;
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
        entry.stage.filter(|_| entry.generation == generation).map(|stage| (entry.job(), stage))
    }
}

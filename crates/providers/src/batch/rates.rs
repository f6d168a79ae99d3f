//! What an endpoint can do, what is left of it for us, and how fast its two clocks run.
//!
//! One decode step takes `τ = a + b·B + c·K + d·P`: `B` sequences decode (other tenants' included), `K` tokens of
//! context are read, and `P` prompt tokens are prefilled beside them, which with chunked prefill is the whole budget
//! while anybody is prefilling, and otherwise nothing. Integers only.

use sandbox_core::Span;

/// Fraction bits of the decode clock [2⁻⁵² tokens]: a pace is rounded down by less than τ / 2⁵² ns, which is 1 in 10⁸ at
/// τ = 45 ms and 1 in 450,000 at 10 s.
pub(super) const TOKEN_BITS: u32 = 52;
/// Fraction bits of the prefill clock [2⁻³² ns]: its pace is rounded down by less than 1 in 10⁶ down to a thousandth.
/// A chunk that `p` sequences share moves each at about 1/p of full pace: 1 in 40,000 at a hundred thousand of them.
pub(super) const WORK_BITS: u32 = 32;
/// Fraction bits of a slowdown.
const SLOWDOWN_BITS: u32 = 16;

/// What an endpoint can do; see `Serving` of the scenario format.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BatchSpec {
    /// Decode step time without sequences (`a`).
    pub step_base: Span,
    /// Decode step time per sequence (`b`); `a`, `b` and `c` are not all zero.
    pub step_per_sequence: Span,
    /// Decode step time per token of context that decoding sequences hold (`c`).
    pub step_per_kv_token: Span,
    /// Prefill work that fits into one step (`d · chunk`), shared by all that are prefilling; longer than zero.
    /// `None`: prefills do not share, and do not slow decoding down.
    pub chunk: Option<Span>,
    /// Sequence slots, shared with other tenants; at least 1.
    pub sequences: u32,
    /// Tokens of KV memory, shared with other tenants. A job reserves prompt and answer while it is admitted.
    pub kv_tokens: Option<u64>,
    /// Requests that may wait for a slot.
    pub queue: u32,
    /// Longest wait for a slot.
    pub queue_wait: Option<Span>,
    /// By how much longer a prefill takes that starts in the last free slot [10⁻⁶]; in proportion to the other sequences
    /// when fewer are there. 0: it takes as long whoever is there.
    pub slowed: u32,
}

impl BatchSpec {
    /// Slots and nothing else: no time, no memory limit, no queue. For `..BatchSpec::slots(64)`.
    #[must_use]
    pub const fn slots(sequences: u32) -> Self {
        Self {
            step_base: Span::ZERO,
            step_per_sequence: Span::ZERO,
            step_per_kv_token: Span::ZERO,
            chunk: None,
            sequences,
            kv_tokens: None,
            queue: 0,
            queue_wait: None,
            slowed: 0,
        }
    }
}

/// How fast an endpoint works, and how much of it is there.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Pace {
    /// Share of the batch that other tenants take, 0 to 1.
    pub competing: f64,
    /// How many times longer prefill takes, at least 1; `None`: it stands still.
    pub prefill: Option<f64>,
    /// How many times longer a decode step takes, at least 1; `None`: streams stand still.
    pub decode: Option<f64>,
    /// Share of slots and KV memory that is gone [10⁻⁹]; one slot always remains.
    pub gone: u32,
}

impl Pace {
    /// Nobody else is there, and nothing is wrong.
    pub const FULL: Self = Self { competing: 0.0, prefill: Some(1.0), decode: Some(1.0), gone: 0 };
    /// [`Pace::gone`] when everything is.
    pub const ALL: u32 = 1_000_000_000;
}

/// Who is inside, as far as the pace depends on it.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Load {
    pub(super) prefilling: u32,
    pub(super) decoding: u32,
    /// Mean context of those that decode, summed [tokens].
    pub(super) context: u64,
}

/// What is left for us, and the paces of the clocks.
#[derive(Clone, Debug)]
pub(super) struct Rates {
    spec: BatchSpec,
    /// Decoding alone decides the pace, through its number alone.
    plain: bool,
    /// Slots that other tenants leave to us; at least 1.
    pub(super) slots: u32,
    /// KV tokens that other tenants leave to us; `u64::MAX` without a limit.
    pub(super) kv: u64,
    others: u32,
    /// Of decoding [2⁻¹⁶]; `None`: stands still.
    slowdown: Option<u64>,
    /// Pace of prefill that need not share a chunk [2⁻³² ns per ns].
    prefill: u64,
    /// Pace of the prefill clock [2⁻³² ns per ns].
    pub(super) work: u64,
    /// Pace of the decode clock [2⁻⁵² tokens per ns].
    pub(super) token: u64,
}

impl Rates {
    pub(super) fn new(spec: BatchSpec) -> Self {
        let mut rates = Self {
            spec,
            plain: spec.step_per_kv_token.is_zero() && spec.chunk.is_none(),
            slots: 0,
            kv: 0,
            others: 0,
            slowdown: None,
            prefill: 0,
            work: 0,
            token: 0,
        };
        rates.set_pace(Pace::FULL);
        rates.follow(Load::default());
        rates
    }

    /// Takes over a pace; [`Rates::follow`] must come next.
    pub(super) fn set_pace(&mut self, pace: Pace) {
        let left = |of: u64| of - (u128::from(of) * u128::from(pace.gone) / u128::from(Pace::ALL)) as u64;
        let competing = pace.competing.clamp(0.0, 1.0);
        let sequences = (left(u64::from(self.spec.sequences)) as u32).max(1);
        self.others = ((competing * f64::from(sequences)) as u32).min(sequences - 1);
        self.slots = sequences - self.others;
        self.kv = self.spec.kv_tokens.map_or(u64::MAX, |kv| {
            let kv = left(kv);
            kv - ((competing * kv as f64) as u64).min(kv)
        });
        self.slowdown = pace.decode.map(|s| (s.max(1.0) * f64::from(1_u32 << SLOWDOWN_BITS)) as u64);
        let share = (1.0 - competing).max(1e-3);
        // However slow, it moves: only `None` stands still.
        self.prefill =
            pace.prefill.map_or(0, |s| (((share / s.max(1.0)) * (1_u64 << WORK_BITS) as f64) as u64).max(1));
        self.work = self.prefill;
    }

    /// Prefill work of a job that starts beside so many of ours [ns]: fixed from then on.
    #[inline]
    pub(super) fn prefill_work(&self, prefill: Span, beside: u32) -> u128 {
        let alone = u128::from(prefill.as_nanos());
        if self.spec.slowed == 0 || self.spec.sequences == 1 {
            return alone;
        }
        let others = u128::from(beside) + u128::from(self.others);
        let full = 1_000_000 * u128::from(self.spec.sequences - 1);
        // 64 + 30 + 33 bits: a factor of 1,000, and less than twice the slots.
        let work = alone + alone * u128::from(self.spec.slowed) * others / full;
        work.min(u128::from(u64::MAX))
    }

    /// The number of those that prefill has changed.
    #[inline]
    pub(super) fn follow_prefills(&mut self, load: Load) {
        if !self.plain {
            self.follow_all(load);
        }
    }

    /// Sets the paces for who is inside now.
    #[inline]
    pub(super) fn follow(&mut self, load: Load) {
        if !self.plain {
            return self.follow_all(load);
        }
        let Some(slowdown) = self.slowdown else {
            self.token = 0;
            return;
        };
        let sequences = u64::from(load.decoding + self.others);
        let step = self.spec.step_base.as_nanos() + self.spec.step_per_sequence.as_nanos() * sequences;
        // An empty batch without a base time has no pace, and nobody to notice.
        let step = step.max(1);
        let rate = if slowdown == 1 << SLOWDOWN_BITS {
            (1 << TOKEN_BITS) / step
        } else {
            ((1_u128 << (TOKEN_BITS + SLOWDOWN_BITS)) / (u128::from(step) * u128::from(slowdown))) as u64
        };
        // However slow, it moves.
        self.token = rate.max(1);
    }

    fn follow_all(&mut self, load: Load) {
        let step = self.step(load);
        self.token = match self.slowdown {
            None => 0,
            Some(slowdown) => {
                let rate = (1_u128 << (TOKEN_BITS + SLOWDOWN_BITS)) / (step * u128::from(slowdown));
                (rate as u64).max(1)
            }
        };
        if let Some(chunk) = self.spec.chunk {
            // The chunk is part of the step while somebody prefills, so that this is at most the full pace.
            let shared = step * u128::from(load.prefilling);
            let rate = (u128::from(self.prefill) * u128::from(chunk.as_nanos())).checked_div(shared);
            self.work = rate.map_or(0, |rate| (rate as u64).max(u64::from(self.prefill > 0)));
        }
    }

    /// τ [ns], at least 1 and at most `u64::MAX`: a product with a slowdown of 10⁶ [2⁻¹⁶] is below 2¹⁰⁰.
    fn step(&self, load: Load) -> u128 {
        let nanos = |span: Span| u128::from(span.as_nanos());
        let busy = u128::from(load.decoding) + u128::from(self.others);
        let ours = u128::from(load.context);
        // Other tenants' sequences are like ours.
        let theirs = (ours * u128::from(self.others)).checked_div(u128::from(load.decoding)).unwrap_or(0);
        let context = nanos(self.spec.step_per_kv_token).saturating_mul(ours + theirs);
        let chunk = self.spec.chunk.filter(|_| load.prefilling > 0).map_or(0, nanos);
        let step = nanos(self.spec.step_base) + nanos(self.spec.step_per_sequence) * busy + chunk;
        step.saturating_add(context).clamp(1, u128::from(u64::MAX))
    }
}

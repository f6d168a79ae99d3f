//! Random numbers that do not depend on who asks first.
//!
//! Every draw is a function of a [`Seed`] and of what it is for:
//! - [`Stream`]: a long sequence for one purpose (`"workload/cn-chat/arrivals"`), ChaCha8. Draw `k` depends on the
//!   seed, the name and `k`.
//! - [`Noise`]: a draw for one occasion (request 17 at endpoint 3), Philox4x32-10. It depends on the seed, the name
//!   and the occasion, so occasions may be asked about in any order, twice, or never.
//!
//! Not for secrets: seeds have 64 bits.
//!
//! Invariants: integers only up to the last step, so the bits are the same on every machine; `usize` never gets
//! in; values are pinned by tests.

mod noise;
mod philox;

use std::convert::Infallible;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng, TryRng};
use serde::{Deserialize, Serialize};

pub use noise::{Draw, Noise};

/// What all of a run's randomness derives from.
///
/// ```
/// use sandbox_core::{Seed, uniform};
///
/// let seed = Seed::new(7);
/// let mut arrivals = seed.stream("workload/cn-chat/arrivals");
/// let first = uniform(&mut arrivals);
/// let again = uniform(&mut seed.stream("workload/cn-chat/arrivals"));
/// assert_eq!(first, again);
///
/// let jitter = seed.noise("endpoint/jitter");
/// let (request, attempt) = (17, 0);
/// assert!(uniform(&mut jitter.at(request, attempt)) < 1.0);
/// ```
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(u64);

impl Seed {
    /// Any number is as good a seed as any other.
    pub const fn new(value: u64) -> Seed {
        Seed(value)
    }

    /// The number it was made from.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The sequence of this name.
    ///
    /// The ChaCha key is four SplitMix64 outputs from the seed; the stream id is [`hash_name`].
    pub fn stream(&self, name: &str) -> Stream {
        let mut state = self.0;
        let mut key = [0; 32];
        for word in key.chunks_exact_mut(8) {
            word.copy_from_slice(&splitmix64(&mut state).to_le_bytes());
        }
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(hash_name(name));
        Stream(rng)
    }

    /// The noise of this name.
    pub fn noise(&self, name: &str) -> Noise {
        // Mixed before the exclusive or, so that no pair of seeds swaps the noises of a pair of names.
        Noise::from_key(mix64(self.0.wrapping_add(GOLDEN_GAMMA)) ^ hash_name(name))
    }
}

/// A sequence of random numbers for one purpose. See [`Seed::stream`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream(ChaCha8Rng);

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    #[inline]
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

/// 64-bit hash of a name: FNV-1a over its UTF-8 bytes, then the SplitMix64 finaliser, as FNV alone mixes the last
/// bytes poorly.
///
/// Two of a thousand names share a hash with a chance of 3e-14; they would share their random numbers.
pub fn hash_name(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mix64(fnv)
}

/// 2^64 over the golden ratio, odd: SplitMix64's step.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// One step of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014; constants of Vigna's `splitmix64.c`).
#[inline]
pub(crate) fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(GOLDEN_GAMMA);
    mix64(*state)
}

/// SplitMix64's finaliser: a bijection that spreads every bit over all.
#[inline]
pub(crate) const fn mix64(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The upper half of the product: `bits` scaled to `0..n`.
#[inline]
pub(crate) fn mul_high(bits: u64, n: u64) -> u64 {
    ((u128::from(bits) * u128::from(n)) >> 64) as u64
}

/// 2^-53: the distance of neighbours among the numbers that [`uniform`] gives.
const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;

/// A multiple of 2^-53 in `[0, 1)`, all equally likely. One 64-bit draw.
#[inline]
pub fn uniform<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    // Through i64: x86-64 has an instruction for that and none for u64.
    (rng.next_u64() >> 11) as i64 as f64 * STEP
}

/// A multiple of 2^-53 in `(0, 1]`, all equally likely: safe to take the logarithm of. One 64-bit draw.
#[inline]
pub fn uniform_open<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    ((rng.next_u64() >> 11) + 1) as i64 as f64 * STEP
}

/// One of `0..n`, all exactly equally likely (Lemire, "Fast random integer generation in an interval", 2019). Nearly
/// always one 64-bit draw.
///
/// # Panics
/// If `n` is zero.
#[inline]
#[track_caller]
pub fn below<R: Rng + ?Sized>(rng: &mut R, n: u64) -> u64 {
    assert!(n > 0, "below: there is no number below zero");
    let mut product = u128::from(rng.next_u64()) * u128::from(n);
    if (product as u64) < n {
        // Of the 2^64 draws, reject the first 2^64 mod n: what remains divides evenly.
        let surplus = n.wrapping_neg() % n;
        while (product as u64) < surplus {
            product = u128::from(rng.next_u64()) * u128::from(n);
        }
    }
    (product >> 64) as u64
}

/// `true` with probability `p`, to the nearest 2^-53; never for `p <= 0` or NaN, always for `p >= 1`. One 64-bit draw,
/// whatever `p` is.
#[inline]
pub fn chance<R: Rng + ?Sized>(rng: &mut R, p: f64) -> bool {
    uniform(rng) < p
}

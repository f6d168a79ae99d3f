//! Noise: random numbers looked up by occasion instead of drawn in turn.

use std::convert::Infallible;

use rand_core::TryRng;

use super::philox::philox4x32_10;
use super::{GOLDEN_GAMMA, mix64};

/// Random numbers by occasion: [`Noise::at`] is a pure function. Eight bytes, free to copy and to open. See
/// [`Seed::noise`](super::Seed::noise).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Noise {
    key: u64,
}

impl Noise {
    pub(super) const fn from_key(key: u64) -> Noise {
        Noise { key }
    }

    /// The random numbers of one occasion, for instance request `index`, attempt `sub`. As many as it takes: a
    /// sampler that draws more here changes nothing elsewhere.
    #[inline]
    pub fn at(&self, index: u64, sub: u64) -> Draw {
        let mut draw = Draw { key: self.key, index, sub, block: 0, words: [0; 2], used: 0 };
        draw.fill();
        draw
    }
}

/// The random numbers of one occasion. See [`Noise::at`].
///
/// Block 0 is Philox at counter `(index, sub)`; block `b`, for the rare sampler that draws more than 128 bits, the same
/// counter under a key derived from the noise's key and `b`. A 32-bit draw uses up 64 bits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draw {
    key: u64,
    index: u64,
    sub: u64,
    block: u64,
    words: [u64; 2],
    used: u8,
}

impl Draw {
    #[inline]
    fn fill(&mut self) {
        let key = match self.block {
            0 => self.key,
            block => mix64(self.key ^ block.wrapping_mul(GOLDEN_GAMMA)),
        };
        let counter =
            [self.index as u32, (self.index >> 32) as u32, self.sub as u32, (self.sub >> 32) as u32];
        let words = philox4x32_10(counter, [key as u32, (key >> 32) as u32]);
        self.words = [
            u64::from(words[0]) | u64::from(words[1]) << 32,
            u64::from(words[2]) | u64::from(words[3]) << 32,
        ];
        self.used = 0;
    }
}

impl TryRng for Draw {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| bits as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        if self.used == 2 {
            self.block += 1;
            self.fill();
        }
        let word = self.words[usize::from(self.used & 1)];
        self.used += 1;
        Ok(word)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let Ok(word) = self.try_next_u64();
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

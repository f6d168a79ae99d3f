//! A running 64-bit hash of what a run did, to tell whether two runs did the same.
//!
//! Not cryptographic and not for hash tables. The same on every machine, debug or release; its values are part of the
//! crate's interface and pinned by tests, as they end up in files.
//!
//! Invariant: order counts, and so does where one thing ends and the next begins (`mix_bytes` mixes the length in).

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// A hash of everything mixed in so far. Prints as 16 hexadecimal digits and reads them back.
///
/// ```
/// use sandbox_core::Fingerprint;
///
/// let mut run = Fingerprint::new();
/// run.mix(42);
/// run.mix_bytes(b"rate limited");
/// assert_eq!(run.to_string().parse(), Ok(run));
/// ```
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

/// Why a text is not a [`Fingerprint`].
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 16 hexadecimal digits")]
pub struct FingerprintParseError;

impl Default for Fingerprint {
    fn default() -> Self {
        Fingerprint::new()
    }
}

impl Fingerprint {
    /// The fingerprint of nothing.
    #[inline]
    pub const fn new() -> Self {
        Fingerprint(0x9e37_79b9_7f4a_7c15)
    }

    /// Takes in a value.
    #[inline]
    pub fn mix(&mut self, value: u64) {
        // The 128-bit product folded in half, as in wyhash. A factor of zero would forget all that came before:
        // the rotated old state, added outside the product, does not.
        let product = u128::from(self.0 ^ value ^ 0xa076_1d64_78bd_642f) * 0xe703_7ed1_a0b4_28db;
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_add(self.0.rotate_left(29));
    }

    /// Takes in some bytes and how many they are: `"ab", "c"` and `"a", "bc"` differ.
    pub fn mix_bytes(&mut self, bytes: &[u8]) {
        self.mix(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    /// The hash so far.
    #[inline]
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `from_str_radix` would also take a sign and fewer digits.
        if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(FingerprintParseError);
        }
        u64::from_str_radix(text, 16).map(Fingerprint).map_err(|_| FingerprintParseError)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

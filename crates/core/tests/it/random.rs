//! Streams and noise: what they depend on and what not.

use sandbox_core::{Fingerprint, Noise, Rng, Seed, below, chance, uniform, uniform_open};

fn first_draws(rng: &mut impl Rng, count: usize) -> Vec<u64> {
    (0..count).map(|_| rng.next_u64()).collect()
}

#[test]
fn streams_do_not_depend_on_the_order_they_are_opened_or_used_in() {
    let seed = Seed::new(11);
    let alone = first_draws(&mut seed.stream("b"), 100);
    let (mut a, mut b, mut c) = (seed.stream("a"), seed.stream("b"), seed.stream("c"));
    let mut interleaved = Vec::new();
    for round in 0..100 {
        (0..round % 3).for_each(|_| _ = a.next_u64());
        interleaved.push(b.next_u64());
        _ = c.next_u32();
    }
    assert_eq!(interleaved, alone);
    assert_ne!(alone, first_draws(&mut seed.stream("a"), 100));
    assert_ne!(alone, first_draws(&mut Seed::new(12).stream("b"), 100));
}

#[test]
fn a_cloned_stream_goes_on_the_same() {
    let mut stream = Seed::new(1).stream("x");
    _ = stream.next_u32();
    assert_eq!(first_draws(&mut stream.clone(), 50), first_draws(&mut stream, 50));
}

#[test]
fn noise_does_not_depend_on_the_order_it_is_asked_in() {
    let noise = Seed::new(11).noise("jitter");
    let ask = |noise: Noise, index: u64, sub: u64| first_draws(&mut noise.at(index, sub), 7);
    let forwards: Vec<_> = (0..200).map(|i| ask(noise, i, i % 3)).collect();
    let backwards: Vec<_> = (0..200).rev().map(|i| ask(noise, i, i % 3)).collect();
    assert!(forwards.iter().eq(backwards.iter().rev()));

    // Occasions, names and seeds are all told apart, and so are the blocks within an occasion.
    let mut all: Vec<u64> = forwards.into_iter().flatten().collect();
    all.extend((0..200).flat_map(|i| ask(noise, i, i % 3 + (1 << 32))));
    all.extend((0..200).flat_map(|i| ask(noise, i + (1 << 32), i % 3)));
    all.extend((0..200).flat_map(|i| ask(Seed::new(11).noise("other"), i, i % 3)));
    all.extend((0..200).flat_map(|i| ask(Seed::new(12).noise("jitter"), i, i % 3)));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}

/// Every bit of the seed, index and sub flips half of the output.
#[test]
fn noise_spreads_every_bit() {
    let draw = |seed: u64, index: u64, sub: u64| Seed::new(seed).noise("n").at(index, sub).next_u64();
    let base: Vec<u64> = (0..64).map(|i| draw(i, i * 7, i * 3)).collect();
    for bit in 0..64 {
        let flip = 1_u64 << bit;
        let flipped: [u32; 3] = (0..64).fold([0; 3], |sum, i| {
            let (s, x, y) = (i, i * 7, i * 3);
            let base = base[i as usize];
            [
                sum[0] + (draw(s ^ flip, x, y) ^ base).count_ones(),
                sum[1] + (draw(s, x ^ flip, y) ^ base).count_ones(),
                sum[2] + (draw(s, x, y ^ flip) ^ base).count_ones(),
            ]
        });
        // 4096 fair coins have mean 2048 and standard deviation 32; 5 of them for 192 such sums.
        for sum in flipped {
            assert!(sum.abs_diff(2048) < 160, "bit {bit}: {flipped:?}");
        }
    }
}

#[test]
fn bytes_are_the_words_in_little_endian() {
    let noise = Seed::new(5).noise("bytes");
    let mut bytes = [0; 21];
    noise.at(1, 2).fill_bytes(&mut bytes);
    let words = first_draws(&mut noise.at(1, 2), 3);
    let expected: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).take(21).collect();
    assert_eq!(bytes[..], expected[..]);
}

/// An Rng that says what it is told.
struct Fixed(u64);

impl rand_core::TryRng for Fixed {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.0 as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.0)
    }
    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        unreachable!("no sampler asks for bytes")
    }
}

#[test]
fn uniforms_keep_to_their_ends() {
    let step = 1.0 / 9_007_199_254_740_992.0;
    assert_eq!(uniform(&mut Fixed(0)), 0.0);
    assert_eq!(uniform(&mut Fixed(u64::MAX)), 1.0 - step);
    assert_eq!(uniform_open(&mut Fixed(0)), step);
    assert_eq!(uniform_open(&mut Fixed(u64::MAX)), 1.0);
    assert!(!chance(&mut Fixed(0), 0.0) && !chance(&mut Fixed(0), f64::NAN));
    assert!(chance(&mut Fixed(u64::MAX), 1.0));
}

#[test]
fn below_is_even_where_a_remainder_would_not_be() {
    // For n = 3 * 2^62, `bits % n` would give the lower third twice as often as the rest.
    let n = 3 << 62;
    let mut rng = Seed::new(8).stream("below");
    let mut thirds = [0_i64; 3];
    for _ in 0..30_000 {
        let value = below(&mut rng, n);
        assert!(value < n);
        thirds[(value >> 62) as usize] += 1;
    }
    // Binomial with mean 10,000 and standard deviation 82: 4 of them.
    assert!(thirds.iter().all(|count| (count - 10_000).abs() < 330), "{thirds:?}");
    assert_eq!(below(&mut rng, 1), 0);
}

#[test]
fn fingerprints_spread_every_bit_and_count_order_and_length() {
    let hash = |values: &[u64]| {
        let mut fingerprint = Fingerprint::new();
        values.iter().for_each(|value| fingerprint.mix(*value));
        fingerprint.value()
    };
    let mut rng = Seed::new(2).stream("avalanche");
    let samples: Vec<u64> = first_draws(&mut rng, 64);
    for bit in 0..64 {
        let flips = |follow: &[u64]| -> u32 {
            let one = |value: u64| hash(&[&[value], follow].concat());
            samples.iter().map(|value| (one(*value) ^ one(value ^ (1 << bit))).count_ones()).sum()
        };
        // 4096 coins, mean 2048. Right after the value came in a fold of one product, so a little uneven; one
        // value later even, within 5 standard deviations of 32.
        assert!(flips(&[]).abs_diff(2048) < 700, "bit {bit}: {}", flips(&[]));
        assert!(flips(&[0]).abs_diff(2048) < 160, "bit {bit}: {}", flips(&[0]));
    }
    assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
    assert_ne!(hash(&[]), hash(&[0]));
    let bytes = |parts: &[&[u8]]| {
        let mut fingerprint = Fingerprint::new();
        parts.iter().for_each(|part| fingerprint.mix_bytes(part));
        fingerprint.value()
    };
    assert_ne!(bytes(&[b"ab", b"c"]), bytes(&[b"a", b"bc"]));
    assert_ne!(bytes(&[b"a"]), bytes(&[b"a\0"]));
}

#[test]
fn fingerprints_read_back_exactly_16_digits() {
    assert_eq!("00000000000000ff".parse::<Fingerprint>().map(Fingerprint::value), Ok(255));
    for text in ["", "ff", "+0000000000000ff", "00000000000000fg", "00000000000000ff0"] {
        assert!(text.parse::<Fingerprint>().is_err(), "{text}");
    }
    let fingerprint = Fingerprint::new();
    let json = serde_json::to_string(&fingerprint).expect("serialises");
    assert_eq!(serde_json::from_str::<Fingerprint>(&json).expect("reads"), fingerprint);
}

//! Pinned bits. A change here changes every published result: it needs a reason and a line in the changelog, never
//! just new numbers. They must come out the same on every machine, in debug and release.

use std::fmt::Write;

use sandbox_core::dist::{
    Alias, Bernoulli, Empirical, Exponential, Gamma, Lognormal, Normal, Pareto, Poisson, PoissonProcess,
    Uniform, Weibull, exp_inv, normal_inv,
};
use sandbox_core::{
    EventQueue, Fingerprint, Rng, Seed, Span, Stream, Time, below, chance, hash_name, uniform, uniform_open,
};

/// Fingerprint of 10,000 values, enough to meet every layer and the tail of a Ziggurat.
fn pin(sheet: &mut String, name: &str, mut value: impl FnMut(&mut Stream) -> u64) {
    let mut stream = Seed::new(42).stream(name);
    let mut all = Fingerprint::new();
    (0..10_000).for_each(|_| all.mix(value(&mut stream)));
    writeln!(sheet, "{name} {all}").expect("a string takes everything");
}

fn pin_f64(sheet: &mut String, name: &str, mut value: impl FnMut(&mut Stream) -> f64) {
    pin(sheet, name, |stream| value(stream).to_bits());
}

#[test]
fn first_words() {
    let mut stream = Seed::new(42).stream("workload/cn-chat/arrivals");
    assert_eq!([stream.next_u64(), stream.next_u64()], STREAM_WORDS);
    let mut draw = Seed::new(42).noise("endpoint/jitter").at(17, 3);
    assert_eq!([draw.next_u64(), draw.next_u64(), draw.next_u64()], NOISE_WORDS);
    assert_eq!([hash_name(""), hash_name("workload/cn-chat/arrivals")], NAME_HASHES);
    let mut fingerprint = Fingerprint::new();
    fingerprint.mix(0);
    fingerprint.mix(u64::MAX);
    fingerprint.mix_bytes("rate limited".as_bytes());
    assert_eq!(fingerprint.to_string(), FINGERPRINT);
}

#[test]
fn every_sampler() {
    let mut sheet = String::new();
    let s = &mut sheet;
    pin(s, "stream", Stream::next_u64);
    pin_f64(s, "uniform", uniform);
    pin_f64(s, "uniform_open", uniform_open);
    pin(s, "below", |rng| below(rng, 3 << 62));
    pin(s, "chance", |rng| u64::from(chance(rng, 0.3)));
    let mut index = 0;
    let noise = Seed::new(42).noise("noise");
    pin(s, "noise", |_| {
        index += 1;
        noise.at(index, index % 5).next_u64()
    });
    let ok = "the parameters are fine";
    let dist = Exponential::new(3.0).expect(ok);
    pin_f64(s, "exponential", |rng| dist.sample(rng));
    let dist = Uniform::new(-2.0, 5.0).expect(ok);
    pin_f64(s, "uniform bounds", |rng| dist.sample(rng));
    let dist = Normal::new(10.0, 2.0).expect(ok);
    pin_f64(s, "normal", |rng| dist.sample(rng));
    let dist = Lognormal::from_median_sigma(120.0, 0.5).expect(ok);
    pin_f64(s, "lognormal", |rng| dist.sample(rng));
    let dist = Gamma::new(2.5, 2.0).expect(ok);
    pin_f64(s, "gamma", |rng| dist.sample(rng));
    let dist = Gamma::new(0.4, 2.0).expect(ok);
    pin_f64(s, "gamma below 1", |rng| dist.sample(rng));
    let dist = Weibull::new(0.7, 4.0).expect(ok);
    pin_f64(s, "weibull", |rng| dist.sample(rng));
    let dist = Pareto::new(2.0, 1.5).expect(ok);
    pin_f64(s, "pareto", |rng| dist.sample(rng));
    let dist = Poisson::new(4.0).expect(ok);
    pin(s, "poisson small", |rng| dist.sample(rng));
    let dist = Poisson::new(250.0).expect(ok);
    pin(s, "poisson large", |rng| dist.sample(rng));
    let dist = Bernoulli::new(0.2).expect(ok);
    pin(s, "bernoulli", |rng| u64::from(dist.sample(rng)));
    let dist = Empirical::new([3.0, 1.0, 8.0]).expect(ok);
    pin_f64(s, "empirical", |rng| dist.sample(rng));
    let dist = Alias::new(&[5.0, 1.0, 14.0, 0.25]).expect(ok);
    pin(s, "alias", |rng| dist.sample(rng) as u64);
    let (dist, mut at) = (PoissonProcess::new(10.0).expect(ok), Time::ZERO);
    pin(s, "poisson process", |rng| {
        at = dist.next(at, rng, |at| (at.as_nanos() % 7) as f64);
        at.as_nanos()
    });
    pin_f64(s, "exp_inv", |rng| exp_inv(uniform(rng)));
    pin_f64(s, "normal_inv", |rng| normal_inv(uniform(rng)));
    assert_eq!(sheet, SAMPLERS, "\n{sheet}");
}

#[test]
fn order_of_events() {
    let mut rng = Seed::new(42).stream("queue");
    let (mut queue, mut order) = (EventQueue::new(), Fingerprint::new());
    let mut last = None;
    for event in 0..20_000_u64 {
        let bits = below(&mut rng, 40);
        let delay = Span::from_nanos(below(&mut rng, 1 << bits));
        let id = queue.schedule_after(delay, below(&mut rng, 8) as u8, event);
        match below(&mut rng, 4) {
            0 => last = Some(id),
            1 => _ = last.map(|id| queue.reschedule(id, queue.now() + delay)),
            2 => _ = queue.cancel(id),
            _ => {
                let fired = queue.pop().expect("one was just scheduled");
                order.mix(fired.time.as_nanos());
                order.mix(u64::from(fired.class));
                order.mix(fired.event);
            }
        }
    }
    assert_eq!(order.to_string(), EVENT_ORDER);
}

const STREAM_WORDS: [u64; 2] = [0x5299_f97d_125c_0654, 0xcd1f_bd6d_cf9f_cc23];
const NOISE_WORDS: [u64; 3] = [0xb18b_d9d1_8b01_ed24, 0xc2be_93a8_1db5_af28, 0xc83e_4d80_2b0b_c53a];
const NAME_HASHES: [u64; 2] = [0xf52a_15e9_a9b5_e89b, 0xab60_3f31_97eb_7c5e];
const FINGERPRINT: &str = "2a1e7cd54ab37568";
const EVENT_ORDER: &str = "ce031a159cd4b1b8";
const SAMPLERS: &str = "\
stream 8be49722182cd973
uniform 408e9d16dd2e60c6
uniform_open 954ce58222548a66
below 39536e2b5a3e65ea
chance a4f62a73bece00a3
noise d86c5ccbbc495a08
exponential cef42a3fba8274b9
uniform bounds ea08ce1d2d5c5c96
normal 55f45ca157864bef
lognormal 25c123cf9bc50a68
gamma a701644593a7caa6
gamma below 1 77b32de2a53108e3
weibull 06ab5aa6668bddb9
pareto 1ec36882a8a9821a
poisson small 19baf21b2cfa2cfb
poisson large 6242dc9815d8f616
bernoulli 6420b29a05d47a12
empirical 1febc38b5a3087ab
alias 38d128e1a9905cce
poisson process 406bc9be095b17a5
exp_inv 4c209732fe916646
normal_inv 0156405d432686fa
";

//! Many scripts: until one breaks something, or for the worst of them.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sandbox_core::Seed;
use sandbox_model::OutageScript;

use crate::Weather;

/// Script number `case` of a seed: the same on every machine, whatever was drawn before.
#[must_use]
pub fn draw(weather: &Weather, seed: u64, case: u64) -> OutageScript {
    let mut bytes = [0; 32];
    let mut noise = Seed::new(seed).noise("check").at(case, 0);
    for chunk in bytes.chunks_exact_mut(8) {
        chunk.copy_from_slice(&rand_core(&mut noise).to_le_bytes());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    weather.new_tree(&mut runner).expect("drawing never fails").current()
}

fn rand_core(draw: &mut sandbox_core::Draw) -> u64 {
    use sandbox_core::Rng as _;
    draw.next_u64()
}

//! Renewal processes that draw faults: a gap, a fault, a gap, a fault …
//!
//! A gap is drawn at the mean speed of its profile and runs down at the profile's speed (the exact time change of
//! a modulated renewal process); a fault lasts as long as it was drawn. The first gap starts with the scenario.

use sandbox_core::{Noise, Span, Stream, Time};
use sandbox_model::Curve;

/// Draws the windows `[from, until)` of one process up to `end`; the last one is cut there.
///
/// `gap` and `lasting` draw seconds. Gaps come from their own stream and lengths from theirs, so that changing one
/// law leaves the draws of the other alone.
pub fn draw_windows(
    mut gap: impl FnMut() -> f64,
    mut lasting: impl FnMut() -> f64,
    speed: &Curve,
    end: Time,
) -> Vec<(Time, Time)> {
    let mut windows = Vec::new();
    let mut at = Time::ZERO;
    while let Some(from) = speed.advance(at, gap(), end) {
        // A fault of no length would be no fault.
        let length = Span::from_secs_f64_saturating(lasting()).max(Span::from_millis(1));
        let until = from.saturating_add(length).min(end);
        if from >= until {
            break;
        }
        windows.push((from, until));
        at = until;
    }
    windows
}

/// The two streams of a process called `name`: gaps and lengths.
#[must_use]
pub fn streams(seed: &sandbox_core::Seed, name: &str) -> (Stream, Stream) {
    (seed.stream(&format!("process/{name}/between")), seed.stream(&format!("process/{name}/lasting")))
}

/// The coins that decide which faults of the process called `name` hit `target` as well: fault `k`, and the how
/// manieth mention of the target it is.
#[must_use]
pub fn also_noise(seed: &sandbox_core::Seed, name: &str, target: &str) -> Noise {
    seed.noise(&format!("process/{name}/also/{target}"))
}

#[cfg(test)]
mod tests {
    use sandbox_core::{Seed, uniform_open};

    use super::*;

    #[test]
    fn windows_are_apart_inside_the_scenario_and_as_frequent_as_stated() {
        let (mut gaps, _) = streams(&Seed::new(5), "test");
        let end = Time::ZERO + Span::from_hours(10_000);
        let windows = draw_windows(
            || -3600.0 * libm::log(uniform_open(&mut gaps)),
            || 360.0,
            &Curve::constant(1.0),
            end,
        );
        for pair in windows.windows(2) {
            assert!(pair[0].1 <= pair[1].0);
        }
        assert!(windows.iter().all(|&(from, until)| from < until && until <= end));
        // One every 1.1 h: 9 091 expected, standard deviation sqrt(9 091) / 1.1 = 87; 3.3 of them (99.9 %).
        assert!((windows.len() as f64 - 9_091.0).abs() < 286.0, "{}", windows.len());
    }

    #[test]
    fn a_process_that_never_speeds_up_draws_nothing() {
        assert!(
            draw_windows(|| 1.0, || 1.0, &Curve::constant(0.0), Time::ZERO + Span::from_hours(1)).is_empty()
        );
    }
}

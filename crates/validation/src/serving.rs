//! Serving coefficients: the fit of `sandbox import serving` against what a file was made of.

use sandbox_scenario::import::serving::{Line, Machine, fit};

use crate::check::{Check, Finding};
use crate::statistics::NORMAL;

const GROUP: &str = "Providers";
const FILE: &[u8] = include_bytes!("../../../fixtures/serving/made-up.csv");

/// The checks of this module.
#[must_use]
pub fn checks() -> Vec<Check> {
    vec![Check::new("serving-fit", GROUP, recovered)]
}

/// Half the width of the intervals of base and slope of a least-squares line through medians of ten draws of this standard
/// deviation at these sizes; a median scatters by 1.2533 / √10 of it.
fn halves(sizes: &[f64], sd: f64) -> [f64; 2] {
    let n = sizes.len() as f64;
    let mean = sizes.iter().sum::<f64>() / n;
    let spread: f64 = sizes.iter().map(|x| (x - mean) * (x - mean)).sum();
    let sd = NORMAL * sd * 1.2533 / 10.0_f64.sqrt();
    [sd * (1.0 / n + mean * mean / spread).sqrt(), sd / spread.sqrt()]
}

fn recovered() -> Finding {
    let machine = Machine { model: "made-up", hardware: "gpu", tensor_parallel: 8 };
    let found = fit("made-up.csv", FILE, machine).expect("the fixture can be read");
    let prefill = halves(&[128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0], 0.5);
    let step = halves(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0], 0.5);
    let near = |line: &Line, made: [f64; 2], halves: [f64; 2]| {
        (line.base - made[0]).abs() < halves[0] && (line.slope - made[1]).abs() < halves[1]
    };
    Finding {
        what: "`sandbox import serving` on `fixtures/serving/made-up.csv`: prefill base and slope, step base and slope, from medians of ten \
               measurements each that scatter by 0.5 ms"
            .to_owned(),
        expected: "20 ms, 0.1 ms a token; 25 ms, 0.4 ms a sequence".to_owned(),
        source: "what the file was made of".to_owned(),
        measured: format!(
            "{:.2} ms, {:.5} ms; {:.2} ms, {:.4} ms",
            found.prefill.base, found.prefill.slope, found.step.base, found.step.slope
        ),
        interval: format!(
            "± {:.2} ms, ± {:.5} ms; ± {:.2} ms, ± {:.4} ms (least squares, normal)",
            prefill[0], prefill[1], step[0], step[1]
        ),
        holds: near(&found.prefill, [20.0, 0.1], prefill) && near(&found.step, [25.0, 0.4], step),
    }
}

//! Fits the shape of `OpenRouterMeasured` to the five shares that OpenRouter illustrates its balancer with.
//!
//! Least squares over `price_power`, `speed_power` and `steepness` for the default `floor`: from each of 64 starting
//! points steps up and down in each number, halved when none improves. `cargo run -p sandbox-routers --example
//! fit_measured` prints the best fit and what it leaves.

use sandbox_routers::selection::measured::Shape;

/// Adjusted price [$/M], speed [tokens/s], share: balanced, fast, budget, slow start, unreliable.
const ILLUSTRATION: [(f64, f64, f64); 5] =
    [(0.98, 92.0, 0.35), (1.32, 125.0, 0.34), (0.84, 59.0, 0.22), (1.54, 77.0, 0.07), (2.06, 83.0, 0.02)];

fn shares(shape: Shape) -> [f64; 5] {
    let mut shares = [0.0; 5];
    let (prices, speeds) = (ILLUSTRATION.map(|(price, ..)| price), ILLUSTRATION.map(|(_, speed, _)| speed));
    shape.shares(&prices, &speeds, &mut shares);
    shares
}

fn shape(numbers: [f64; 3]) -> Shape {
    let [price_power, speed_power, steepness] = numbers;
    Shape { price_power, speed_power, steepness, ..Shape::default() }
}

fn squares(numbers: [f64; 3]) -> f64 {
    if numbers.iter().any(|&number| number <= 0.0) {
        return f64::INFINITY;
    }
    shares(shape(numbers)).iter().zip(ILLUSTRATION).map(|(s, (.., share))| (s - share) * (s - share)).sum()
}

fn fit(mut numbers: [f64; 3]) -> [f64; 3] {
    let (mut step, mut best) = (0.5, squares(numbers));
    while step > 1e-5 {
        let mut better = false;
        for i in 0..3 {
            for sign in [1.0, -1.0] {
                let mut other = numbers;
                other[i] += sign * step;
                let off = squares(other);
                if off < best {
                    (best, numbers, better) = (off, other, true);
                }
            }
        }
        if !better {
            step /= 2.0;
        }
    }
    numbers
}

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
fn main() {
    let starts = [0.5, 1.5, 2.5, 3.5];
    let mut best = [1.0; 3];
    for a in starts {
        for b in starts {
            for k in starts {
                let found = fit([a, b, k]);
                if squares(found) < squares(best) {
                    best = found;
                }
            }
        }
    }
    println!("{:?}", shape(best));
    for (s, (price, speed, share)) in shares(shape(best)).iter().zip(ILLUSTRATION) {
        let (fitted, off) = (100.0 * s, 100.0 * (s - share));
        println!(
            "${price}/M {speed} tokens/s: {:.0} % shown, {fitted:.2} % fitted, {off:+.2}",
            100.0 * share
        );
    }
}

//! Ribbons of a Sankey diagram: bent bands between two columns, full or hatched.

use plotters::prelude::DrawingBackend;

use super::canvas::{Canvas, Point};
use super::palette::Tone;
use crate::error::ReportError;

/// About so far apart are the corners of an edge [px].
const STRIDE: usize = 10;
/// From stripe to stripe, and their width, along the ribbon [px].
const DISTANCE: i32 = 10;
const STRIPE: i32 = 5;
/// A thinner ribbon cannot show stripes [px].
const HATCHED: i32 = 4;

/// How far an edge has gone from its beginning to its end (0 to 1), by pixel: a cubic Bézier curve that leaves and arrives level.
pub(super) fn bend(length: i32) -> Vec<f64> {
    let length = length.max(1);
    let share = |x: i32| {
        let wanted = f64::from(x) / f64::from(length);
        let (mut low, mut high) = (0.0, 1.0);
        // Half a pixel of a thousand is found long before.
        for _ in 0..30 {
            let t: f64 = (low + high) / 2.0;
            // The middle points lie halfway.
            let at = 1.5 * t * (1.0 - t) + t * t * t;
            if at < wanted { low = t } else { high = t }
        }
        let t = (low + high) / 2.0;
        t * t * (3.0 - 2.0 * t)
    };
    (0..=length)
        .map(|x| {
            if x == length {
                1.0
            } else if x == 0 {
                0.0
            } else {
                share(x)
            }
        })
        .collect()
}

/// A bent band: upper and lower edge by pixel, from `left` on.
pub(super) struct Ribbon {
    left: i32,
    upper: Vec<f64>,
    lower: Vec<f64>,
}

impl Ribbon {
    /// From `(upper, lower)` at the left to the same at the right.
    pub(super) fn new(left: i32, from: (i32, i32), to: (i32, i32), bend: &[f64]) -> Self {
        let edge = |from: i32, to: i32| -> Vec<f64> {
            bend.iter().map(|share| f64::from(from) + f64::from(to - from) * share).collect()
        };
        Self { left, upper: edge(from.0, to.0), lower: edge(from.1.max(from.0 + 1), to.1.max(to.0 + 1)) }
    }

    /// Fills it.
    pub(super) fn fill<DB: DrawingBackend>(
        &self,
        tone: Tone,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let mut outline = self.corners(&self.upper);
        outline.extend(self.corners(&self.lower).into_iter().rev());
        canvas.area(&outline, tone)
    }

    /// Fills it palely, with slanted stripes over that; a ribbon that is too thin for stripes fully.
    pub(super) fn hatch<DB: DrawingBackend>(
        &self,
        tone: Tone,
        rising: bool,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let thickness = self.lower.first().unwrap_or(&0.0) - self.upper.first().unwrap_or(&0.0);
        if thickness < f64::from(HATCHED) {
            return self.fill(tone.tint(13), canvas);
        }
        self.fill(tone.tint(3), canvas)?;
        let slant = if rising { -1 } else { 1 };
        let last = i32::try_from(self.upper.len()).unwrap_or(0) - 1 - STRIPE;
        // A stripe is where `y - slant * x` is a multiple of the distance.
        let begin =
            |x: usize| [self.upper[x], self.lower[x]].map(|y| libm::round(y) as i32 - slant * x as i32);
        let ends = (0..self.upper.len()).flat_map(begin);
        let (Some(low), Some(high)) = (ends.clone().min(), ends.max()) else { return Ok(()) };
        for c in (low.div_euclid(DISTANCE) * DISTANCE..=high).step_by(DISTANCE as usize) {
            let inside = |x: i32| {
                let y = f64::from(c + slant * x);
                let at = x.unsigned_abs() as usize;
                self.upper[at] <= y && y <= self.lower[at]
            };
            let mut from = None;
            for x in 0..=last {
                match (from, inside(x)) {
                    (None, true) => from = Some(x),
                    (Some(start), false) => {
                        self.stripe((start, x), |x| c + slant * x, tone, canvas)?;
                        from = None;
                    }
                    _ => {}
                }
            }
            if let Some(start) = from {
                self.stripe((start, last), |x| c + slant * x, tone, canvas)?;
            }
        }
        Ok(())
    }

    fn stripe<DB: DrawingBackend>(
        &self,
        (from, until): (i32, i32),
        y: impl Fn(i32) -> i32,
        tone: Tone,
        canvas: &Canvas<'_, DB>,
    ) -> Result<(), ReportError> {
        let (a, b) = (self.left + from, self.left + until);
        canvas.area(&[(a, y(from)), (a + STRIPE, y(from)), (b + STRIPE, y(until)), (b, y(until))], tone)
    }

    /// An edge as a line: of the pixels of each stretch the one that lies nearest to a whole height, so that it bends evenly.
    fn corners(&self, edge: &[f64]) -> Vec<Point> {
        let off = |y: f64| libm::fabs(y - libm::round(y));
        let point = |x: usize| (self.left + x as i32, libm::round(edge[x]) as i32);
        let last = edge.len() - 1;
        let mut points = vec![point(0)];
        let mut start = STRIDE / 2;
        while start + STRIDE < last {
            let best = (start..start + STRIDE).min_by(|&a, &b| off(edge[a]).total_cmp(&off(edge[b])));
            points.extend(best.map(point));
            start += STRIDE;
        }
        points.push(point(last));
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bend_leaves_and_arrives_level_and_is_halfway_in_the_middle() {
        let bend = bend(300);
        assert_eq!((bend.len(), bend[0], bend[300]), (301, 0.0, 1.0));
        assert!((bend[150] - 0.5).abs() < 1e-6);
        assert!(bend.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(bend[5] < 0.002 && bend[295] > 0.998);
    }

    #[test]
    fn corners_lie_on_the_edge_and_begin_and_end_with_it() {
        let ribbon = Ribbon::new(10, (0, 3), (90, 90), &bend(200));
        let corners = ribbon.corners(&ribbon.upper);
        assert_eq!((corners[0], corners[corners.len() - 1]), ((10, 0), (210, 90)));
        assert!(corners.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
        // What has no thickness is seen.
        assert!((ribbon.lower[200] - 91.0).abs() < 1e-9);
    }
}

//! Time to first token at the client: how many requests were how fast, and three percentiles, on a logarithmic axis.

use sandbox_core::Span;
use sandbox_engine::output::TTFT_CLASSES;

use super::super::svg::{line, path};
use super::{Cell, Panel, View, condensed_note, key, plot, tick};
use crate::charts::png;
use crate::human;

const HEIGHT: i32 = 190;

/// Seconds to pixels: classes are equally high, and within a class the axis is logarithmic.
struct Scale {
    /// Ends of classes [s], from the lower end of the lowest shown to the upper end of the highest.
    ends: Vec<f64>,
    /// Number of the lowest class that is shown.
    first: usize,
}

impl Scale {
    /// Spans what occurred, and at least two classes.
    fn new(view: &View<'_>) -> Option<Self> {
        let timeline = &view.condensed.timeline;
        let classes: &[Span] =
            if timeline.ttft_classes.is_empty() { &TTFT_CLASSES } else { &timeline.ttft_classes };
        let times = || view.rows().iter().filter_map(|row| row.ttft).flatten();
        let class = |span: Span| classes.partition_point(|&end| end < span);
        let (low, high) = (class(times().min()?), class(times().max()?));
        let counted =
            |class: usize| view.rows().iter().any(|row| row.ttft_counts.get(class).is_some_and(|&n| n > 0));
        let first = (0..low).find(|&class| counted(class)).unwrap_or(low).min(low);
        let last = (high..=classes.len())
            .rev()
            .find(|&class| counted(class))
            .unwrap_or(high)
            .max(high)
            .max(first + 1);
        let end = |index: usize| classes.get(index).map(|span| span.as_secs_f64());
        // The lowest class has no lower end and the last no upper one: they get the width of the next.
        let mut ends = Vec::new();
        for index in first..=last + 1 {
            ends.push(match index.checked_sub(1).map(end) {
                Some(Some(seconds)) => seconds,
                Some(None) => end(classes.len() - 1)? * 1.5,
                None => end(0)? / 1.5,
            });
        }
        Some(Self { ends, first })
    }

    fn classes(&self) -> usize {
        self.ends.len() - 1
    }

    /// Round values within the ends: powers of ten, and where those are few also twice and five times as much.
    fn round(&self) -> Vec<f64> {
        let within = |digits: &[f64]| -> Vec<f64> {
            let powers = (-3..=3).map(|power| libm::pow(10.0, f64::from(power)));
            let values = powers.flat_map(|power| digits.iter().map(move |digit| digit * power));
            values.filter(|&s| self.ends[0] <= s && s <= self.ends[self.classes()]).collect()
        };
        let tens = within(&[1.0]);
        if tens.len() > 2 { tens } else { within(&[1.0, 2.0, 5.0]) }
    }

    fn y(&self, seconds: f64) -> i32 {
        let seconds = seconds.clamp(self.ends[0], self.ends[self.classes()]);
        let class = self.ends.partition_point(|&end| end <= seconds).clamp(1, self.classes());
        let (low, high) = (self.ends[class - 1], self.ends[class]);
        let part = (libm::log10(seconds) - libm::log10(low)) / (libm::log10(high) - libm::log10(low));
        let up = (class as f64 - 1.0 + part) / self.classes() as f64;
        HEIGHT - libm::round(up * f64::from(HEIGHT)) as i32
    }
}

pub(super) fn panel(view: &View<'_>) -> String {
    let mut plot = plot(
        view,
        HEIGHT,
        "Time to first token over time, on a logarithmic axis: how many requests were how fast, with the median, the 95th and the 99th percentile.",
    );
    let mut gutter = String::new();
    let counted = !view.run.timeline.ttft_classes.is_empty();
    if let Some(scale) = Scale::new(view) {
        if counted {
            plot.shapes.push_str(&heat(view, &scale));
        }
        for seconds in scale.round() {
            let y = scale.y(seconds);
            plot.level(y);
            let text = if seconds < 0.9 {
                format!("{} ms", human::number(seconds * 1e3))
            } else {
                format!("{seconds} s")
            };
            gutter.push_str(&tick(y, &text));
        }
        for index in (0..3).rev() {
            let points: Vec<Option<i32>> = view
                .rows()
                .iter()
                .map(|row| row.ttft.map(|ttft| scale.y(ttft[index].as_secs_f64())))
                .collect();
            let data = line(&points, 0.5);
            plot.shapes.push_str(&path("halo", &data));
            plot.shapes.push_str(&path(&format!("ttft ttft-{index}"), &data));
        }
    } else {
        plot.empty("no request got a first token");
    }
    let totals = view.run.summary.ttft_s;
    let percentiles = [("p99", totals.p99), ("p95", totals.p95), ("p50", totals.p50)];
    let side = percentiles.into_iter().enumerate().map(|(index, (name, value))| {
        let column = format!("ttft_{name}_s");
        let cell = Cell { num: &column, den: None, peak: None, unit: "seconds" };
        let whole = value.map(|value| (value.to_string(), human::seconds(value)));
        let class = format!("stroke ttft-{}", 2 - index);
        key(&class, "", name, &cell.html(&format!("summary.json#/ttft_s/{name}"), whole))
    });
    let heat = if counted { "; the stronger, the more of the requests that arrived then" } else { "" };
    Panel {
        id: "ttft",
        title: "Time to first token",
        note: format!(
            "at the client, logarithmic{heat}{}",
            condensed_note(view, "lines show the highest of their percentiles")
        ),
        columns: &["ttft_"],
        gutter,
        plots: plot.svg(&view.axis),
        side: side.collect(),
    }
    .html()
}

/// One pixel a column and class, as a mask over one colour, so that it works in both themes. The square root of the share:
/// steps in the lower half, where most classes are, look as large as those in the upper.
fn heat(view: &View<'_>, scale: &Scale) -> String {
    let rows = view.rows();
    let (width, height) = (rows.len(), scale.classes());
    let mut pixels = vec![0_u8; width * height];
    for (x, row) in rows.iter().enumerate() {
        let all: u64 = row.ttft_counts.iter().sum();
        for class in 0..height {
            let n = row.ttft_counts.get(scale.first + class).copied().unwrap_or(0);
            if n > 0 {
                let share = libm::sqrt(n as f64 / all as f64);
                // Within a byte; whatever there is can be seen.
                pixels[(height - 1 - class) * width + x] = libm::round(24.0 + share * 196.0) as u8;
            }
        }
    }
    let size = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let file = base64(&png::encode_grey(&pixels, size(width), size(height)));
    format!(
        "<defs><mask id=\"heat\" maskUnits=\"userSpaceOnUse\" x=\"0\" y=\"0\" width=\"{width}\" height=\"{HEIGHT}\">\
         <image class=\"pixels\" width=\"{width}\" height=\"{HEIGHT}\" preserveAspectRatio=\"none\" \
         href=\"data:image/png;base64,{file}\"/></mask></defs>\
         <rect class=\"heat\" width=\"{width}\" height=\"{HEIGHT}\" mask=\"url(#heat)\"/>"
    )
}

/// Bytes as text (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_standard() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (bytes, text) in cases {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}

use super::render;
use crate::condense::Condensed;
use crate::synthetic::{Shape, cases, day};

fn ten_endpoints() -> Shape {
    let lanes = (0..10).map(|i| format!("provider-{i}/deepseek-v3")).collect();
    let faults = day().faults.into_iter().filter(|fault| fault.0 < 10).collect();
    Shape { lanes, faults, buckets: 1_440, ..day() }
}

#[test]
fn every_case_makes_a_whole_page() {
    for (name, shape) in cases::all() {
        let html = render(&shape.run().data()).unwrap();
        assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"), "{name}");
        for panel in ["lanes", "share", "ttft", "cost", "attempts", "limits"] {
            assert!(html.contains(&format!("id=\"{panel}\"")), "{name}: {panel}");
        }
        for number in ["NaN", "inf\"", "-0.0%"] {
            assert!(!html.contains(number), "{name}: {number}");
        }
    }
}

#[test]
fn the_page_asks_for_nothing() {
    let html = render(&day().run().data()).unwrap();
    for request in ["http:", "https:", "src=", "@import", "url(http"] {
        assert!(!html.contains(request), "{request}");
    }
}

#[test]
fn a_day_of_ten_endpoints_is_below_two_megabytes() {
    let size = render(&ten_endpoints().run().data()).unwrap().len();
    assert!(size < 2_000_000, "{size}");
}

#[test]
fn a_month_of_minutes_is_below_five_megabytes_and_says_that_it_is_condensed() {
    let run = Shape { horizon_s: 30 * 86_400, buckets: 43_200, ..ten_endpoints() }.run();
    let html = render(&run.data()).unwrap();
    assert!(html.len() < 5_000_000, "{}", html.len());
    assert!(html.contains("Each column is <span class=\"tick\">29</span> buckets"));
    assert!(html.contains("data-file=\"timeline-condensed.csv\""));
}

#[test]
fn a_spike_of_one_bucket_is_drawn_in_a_month() {
    let calm = Shape { faults: Vec::new(), horizon_s: 30 * 86_400, buckets: 43_200, ..day() }.run().data();
    let mut spiked = calm.clone();
    let row = &mut spiked.timeline.rows[20_000];
    row.rate_limited = 1_000_000;
    row.attempts = row.arrived * 50;
    let at = 20_000 / Condensed::new(&calm.timeline).factor;
    let html = render(&spiked).unwrap();
    // The spike is the highest there is: its column reaches the upper edge, the others do not.
    for class in ["limited", "amplification"] {
        let start = format!("<path class=\"{class}\" d=\"");
        let path = html.split(&start).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert!(top_at(path, at), "{class}: {path}");
        assert!(!top_at(path, at - 1) && !top_at(path, at + 1), "{class}");
    }
}

/// Whether a path of steps is at the upper edge in this column.
fn top_at(path: &str, column: usize) -> bool {
    let (mut x, mut y) = (0.0_f64, 0.0_f64);
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |at| at + 1);
        let numbers: Vec<f64> = rest[1..end].split_whitespace().filter_map(|n| n.parse().ok()).collect();
        let (from, first) = (x, numbers.first().copied().unwrap_or(0.0));
        match command {
            'M' => (x, y) = (first, numbers[1]),
            'h' => x += first,
            'v' => y += first,
            'V' => y = first,
            _ => {}
        }
        if command == 'h' && from <= column as f64 && (column as f64) < x && y < 5.0 {
            return true;
        }
        rest = &rest[end..];
    }
    false
}

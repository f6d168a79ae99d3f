use super::*;
use crate::figure::Clock;
use crate::synthetic::{Shape, cases, day};

fn figure(shape: &Shape) -> Figure {
    let run = shape.run();
    let clock = Clock {
        zone: "Asia/Shanghai".to_owned(),
        date: "Wed 18 Nov 2026".to_owned(),
        start_second_of_day: 0,
    };
    // The shapes have lanes for all their faults.
    Figure::from_parts(&run.summary, &run.timeline, &run.faults, clock).expect("a fault without a lane")
}

fn small() -> Figure {
    let mut faults = day().faults;
    faults.truncate(4);
    figure(&Shape { buckets: 24, faults, ..day() })
}

#[test]
fn the_picture_is_what_it_was() {
    // Expected to be an SVG without errors.
    insta::assert_snapshot!(render_svg(&small(), Style::MIN).unwrap());
}

#[test]
fn a_png_has_the_size_that_was_asked_for() {
    let bytes = render_png(&small(), Style::MIN).unwrap();
    let mut reader = ::png::Decoder::new(bytes.as_slice()).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (Style::MIN.width, Style::MIN.height));
    // The corners are paper, and something was drawn.
    assert!(pixels[..3].iter().chain(&pixels[pixels.len() - 3..]).all(|&channel| channel == 255));
    assert!(pixels.iter().any(|&channel| channel < 50));
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    let (a, b) = (small(), small());
    assert_eq!(render_svg(&a, Style::MIN).unwrap(), render_svg(&b, Style::MIN).unwrap());
    assert_eq!(render_png(&a, Style::MIN).unwrap(), render_png(&b, Style::MIN).unwrap());
}

#[test]
fn png_bytes_do_not_depend_on_the_build() {
    // FNV-1a of the file: a change of drawing changes it on purpose; a difference between debug and release,
    // or between machines, must not.
    let bytes = render_png(&small(), Style::MIN).unwrap();
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    insta::assert_snapshot!(format!("{hash:016x}"), @"3521d594a338ae75");
}

#[test]
fn runs_at_the_edges_can_be_drawn() {
    for (name, shape) in cases::all() {
        let figure = figure(&shape);
        for style in [Style::MIN, Style { width: 2000, height: 860 }] {
            let svg = render_svg(&figure, style).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(svg.ends_with("</svg>\n"), "{name}");
            assert!(!svg.contains(['\0', '\t']), "{name}: control characters are not XML");
            assert!(!svg.contains("NaN"), "{name}");
        }
        render_png(&figure, Style::MIN).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn nothing_is_drawn_outside_of_the_picture() {
    for (name, shape) in cases::all() {
        let svg = render_svg(&figure(&shape), Style::default()).unwrap();
        for line in svg.lines().filter(|line| line.starts_with("<rect")) {
            let number = |key: &str| -> i32 {
                let rest = line.split_once(&format!(" {key}=\"")).map_or("", |(_, rest)| rest);
                rest.split('"').next().unwrap_or_default().parse().unwrap()
            };
            let (x, y) = (number("x"), number("y"));
            let (right, bottom) = (x + number("width"), y + number("height"));
            assert!(x >= 0 && y >= 0 && right <= 1600 && bottom <= 1100, "{name}: {line}");
        }
    }
}

#[test]
fn a_brief_outage_is_visible_on_a_month() {
    let mut shape = day();
    shape.horizon_s = 30 * 86_400;
    shape.faults.retain(|(_, fault, ..)| {
        fault.until.saturating_since(fault.from) < sandbox_core::Span::from_secs(60)
    });
    shape.faults.truncate(1);
    let svg = render_svg(&figure(&shape), Style::default()).unwrap();
    let down = svg.lines().filter(|line| line.contains("#B2182B") && line.contains("width=\"2\"")).count();
    assert_eq!(down, 1);
}

#[test]
fn sizes_out_of_range_are_refused() {
    let figure = small();
    let error = render_svg(&figure, Style { width: 10, height: 10 }).unwrap_err();
    assert!(error.to_string().contains("at least 1200 x 860"), "{error}");
    let error = render_png(&figure, Style { width: 100_000, height: 1_000 }).unwrap_err();
    assert!(error.to_string().contains("at most 8000"), "{error}");
}

#[test]
fn a_run_directory_gives_the_same_picture_as_the_run() {
    let run = day().run();
    let json = serde_json::to_string(&run.summary).unwrap();
    let text = crate::csv::timeline_csv(&run.timeline, &run.faults);
    let clock = Clock {
        zone: "Asia/Shanghai".to_owned(),
        date: "Wed 18 Nov 2026".to_owned(),
        start_second_of_day: 0,
    };
    let summary = serde_json::from_str(&json).unwrap();
    let timeline = crate::csv::read_timeline_csv(&text).unwrap();
    assert_eq!(Figure::from_parts(&summary, &timeline, &run.faults, clock), Ok(figure(&day())));
}

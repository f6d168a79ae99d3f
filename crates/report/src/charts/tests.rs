use super::*;
use sandbox_core::Time;

use crate::figure::{Clock, Figure};
use crate::flow::Measure;
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
    assert_eq!((info.width, info.height), (Style::MIN.width, 860));
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
    insta::assert_snapshot!(format!("{hash:016x}"), @"8d34f2523a932238");
}

fn only(panel: Panel, theme: Theme) -> Style {
    Style::of([panel].into_iter().collect(), 1200, theme)
}

#[test]
fn each_panel_alone_is_what_it_was() {
    for panel in Panel::ALL {
        for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let svg = render_svg(&small(), only(panel, theme)).unwrap();
            insta::assert_snapshot!(format!("panel-{}-{word}", panel.name()), svg);
        }
    }
}

#[test]
fn pictures_without_a_time_axis_are_what_they_were() {
    let run = day().run().data();
    for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for picture in [Picture::Flow(Measure::Requests), Picture::Waterfall] {
            let svg = render_picture_svg(&run, picture, 1200, theme).unwrap();
            insta::assert_snapshot!(format!("picture-{}-{word}", picture.name()), svg);
        }
    }
    let error = render_picture_svg(&run, Picture::Waterfall, 100, Theme::Light).unwrap_err();
    assert!(error.to_string().contains("hint: at least 1200"), "{error}");
}

/// Every text of the page's labels is in the picture.
#[test]
fn pictures_say_what_the_page_says() {
    let run = day().run().data();
    let svg = render_picture_svg(&run, Picture::Waterfall, 2000, Theme::Light).unwrap();
    let bars = crate::waterfall::bars(&run.summary.waterfall);
    for bar in bars.iter().filter(|bar| bar.shown()) {
        assert!(svg.contains(bar.word()), "{}", bar.word());
    }
    for measure in Measure::ALL {
        let svg = render_picture_svg(&run, Picture::Flow(measure), 2000, Theme::Light).unwrap();
        let graph = crate::flow::graph::Graph::new(&run.flow.lines, measure);
        assert!(graph.nodes.len() > 4);
        for node in &graph.nodes {
            assert!(svg.contains(&crate::flow::words::value(measure, node.value)), "{node:?}");
            assert!(svg.contains(&node.what.label()), "{node:?}");
        }
    }
}

#[test]
fn only_routers_that_could_see_a_fault_have_never_seen_it() {
    let mut shape = day();
    shape.faults.truncate(4);
    let mut figure = figure(&shape);
    for lane in &mut figure.lanes {
        for window in &mut lane.truth {
            (window.detection_lag_s, window.failback_lag_s) = (None, None);
        }
    }
    let svg = render_svg(&figure, only(Panel::Lanes, Theme::Light)).unwrap();
    assert!(svg.contains("never seen") && !svg.contains("not watched"));
    figure.lanes.iter_mut().for_each(|lane| lane.watched = false);
    let svg = render_svg(&figure, only(Panel::Lanes, Theme::Light)).unwrap();
    assert!(!svg.contains("never seen") && svg.contains("not watched"));
}

#[test]
fn a_smaller_bill_is_a_saving_only_where_as_much_was_served() {
    let mut figure = small();
    (figure.totals.cost, figure.totals.twin_cost) = (90.0, 100.0);
    (figure.totals.failed, figure.totals.shed) = (Some(0.009), Some(0.0));
    let style = only(Panel::Cost, Theme::Light);
    assert!(!render_svg(&figure, style).unwrap().contains("less was served"));
    figure.totals.shed = Some(0.002);
    assert!(render_svg(&figure, style).unwrap().contains("less was served"));
}

#[test]
fn a_stretch_is_what_it_was() {
    let at = |s: u64| Time::from_nanos(s * 1_000_000_000);
    let mut shape = day();
    shape.faults.truncate(4);
    let cut = figure(&shape).cut(at(33_000), at(38_000)).unwrap();
    insta::assert_snapshot!(render_svg(&cut, only(Panel::Ttft, Theme::Light)).unwrap());
}

/// Some runs alike but for their router.
fn routers(count: u64) -> Vec<(String, Figure)> {
    let of = |n: u64| {
        let mut shape = Shape { buckets: 24, ..day() };
        shape.faults.truncate(4);
        for (.., failback) in &mut shape.faults {
            *failback = n * 900;
        }
        let mut figure = figure(&shape);
        figure.repro.push_str(&format!(" --router router-{n}"));
        (format!("r{n}"), figure)
    };
    (0..count).map(of).collect()
}

/// Some runs alike but for their seed.
fn seeds(count: u64) -> Vec<(String, Figure)> {
    let mut runs = routers(count);
    for (seed, (_, figure)) in (1..).zip(&mut runs) {
        figure.seed = seed;
        figure.repro = format!("sandbox run day.ron --seed {seed}");
    }
    runs
}

#[test]
fn several_runs_are_what_they_were() {
    let panels = [Panel::Share, Panel::Cost].into_iter().collect();
    let svg = render_runs_svg(&routers(3), Style::of(panels, 1200, Theme::Light)).unwrap();
    // What all share is said once; what differs, once a panel.
    assert_eq!(svg.matches("seed 42").count(), 1);
    assert_eq!(svg.matches("router-1").count(), 2);
    insta::assert_snapshot!(svg);
}

#[test]
fn runs_that_do_not_belong_together_are_refused_with_a_hint() {
    let style = only(Panel::Share, Theme::Light);
    let refused = |runs: &[(String, Figure)]| {
        let error = render_runs_svg(runs, style).unwrap_err().to_string();
        assert!(error.contains("hint: "), "{error}");
        error
    };
    assert!(refused(&routers(1)).contains("1 runs"));
    assert!(refused(&routers(13)).contains("--fan"));
    let mut runs = routers(2);
    runs[1].1.clock.start_second_of_day = 3_600;
    assert!(refused(&runs).contains("r0 and r1 cannot be drawn together: they start at"));
    let mut runs = routers(2);
    runs[1].1.shown.1 = Time::from_nanos(3_600_000_000_000);
    assert!(refused(&runs).contains("they last 1d and 1h"));
}

#[test]
fn a_fan_is_what_it_was() {
    let fan = Fan::of(&seeds(5)).unwrap();
    let svg = render_fan_svg(&fan, Style::of(Fan::PANELS.into_iter().collect(), 1200, Theme::Light)).unwrap();
    assert!(svg.contains("interpolated between only 5 seeds"));
    insta::assert_snapshot!(svg);
    let many = Fan::of(&seeds(20)).unwrap();
    let svg = render_fan_svg(&many, only(Panel::Ttft, Theme::Dark)).unwrap();
    assert!(!svg.contains("interpolated"));
}

/// Every style in which runs at the edges are drawn.
fn styles() -> Vec<Style> {
    let alone = Panel::ALL.into_iter().map(|panel| only(panel, Theme::Light));
    let dark = Style { theme: Theme::Dark, ..Style::MIN };
    let all = Style::of(Panel::ALL.into_iter().collect(), 1200, Theme::Dark);
    let wide = Style { width: 2000, ..Style::MIN };
    alone.chain([Style::MIN, dark, all, wide, Style::default()]).collect()
}

/// Runs at the edges, whole and cut.
fn edges() -> Vec<(String, Figure)> {
    let mut edges = Vec::new();
    for (name, shape) in cases::all() {
        let figure = figure(&shape);
        let third = Time::from_nanos(figure.horizon.as_nanos() / 3);
        if let Ok(cut) = figure.cut(third, third.saturating_add(figure.timeline.bucket)) {
            edges.push((format!("{name}, cut"), cut));
        }
        edges.push((name.to_owned(), figure));
    }
    edges
}

#[test]
fn runs_at_the_edges_can_be_drawn() {
    for (name, figure) in edges() {
        for style in styles() {
            let svg = render_svg(&figure, style).unwrap_or_else(|error| panic!("{name}: {error}"));
            check(&name, &svg);
        }
        render_png(&figure, Style::MIN).unwrap_or_else(|error| panic!("{name}: {error}"));
        let runs = [("a".to_owned(), figure.clone()), ("b".to_owned(), figure.clone())];
        for panel in Panel::ALL {
            let svg = render_runs_svg(&runs, only(panel, Theme::Dark));
            check(&name, &svg.unwrap_or_else(|error| panic!("{name}: {error}")));
        }
        let seeds: Vec<(String, Figure)> =
            (1..=3).map(|seed| (format!("s{seed}"), Figure { seed, ..figure.clone() })).collect();
        let fan = Fan::of(&seeds).unwrap_or_else(|error| panic!("{name}: {error}"));
        let style = Style::of(Fan::PANELS.into_iter().collect(), 1200, Theme::Light);
        check(&name, &render_fan_svg(&fan, style).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
}

#[test]
fn pictures_of_runs_at_the_edges_can_be_drawn() {
    for (name, shape) in cases::all() {
        let run = shape.run().data();
        for picture in Picture::ALL {
            for (theme, width) in [(Theme::Light, 1200), (Theme::Dark, 2000)] {
                let svg = render_picture_svg(&run, picture, width, theme);
                check(name, &svg.unwrap_or_else(|error| panic!("{name}: {error}")));
            }
        }
        let png = render_picture_png(&run, Picture::Waterfall, 1200, Theme::Dark);
        png.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// That an SVG is whole, and that nothing is drawn outside of it.
fn check(name: &str, svg: &str) {
    assert!(svg.ends_with("</svg>\n"), "{name}");
    assert!(!svg.contains(['\0', '\t']), "{name}: control characters are not XML");
    assert!(!svg.contains("NaN"), "{name}");
    let value = |line: &str, key: &str| -> Option<String> {
        let rest = line.split_once(&format!(" {key}=\""))?.1;
        rest.split('"').next().map(str::to_owned)
    };
    let number = |line: &str, key: &str| -> i32 {
        value(line, key)
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("{name}: {key} of {line}"))
    };
    let (width, height) = (number(svg, "width"), number(svg, "height"));
    let inside = |x: i32, y: i32| x >= 0 && y >= 0 && x <= width && y <= height;
    let mut shapes = 0;
    for line in svg.lines() {
        if line.starts_with("<rect") {
            let (x, y) = (number(line, "x"), number(line, "y"));
            let (right, bottom) = (x + number(line, "width"), y + number(line, "height"));
            assert!(inside(x, y) && inside(right, bottom), "{name}: {line}");
        } else if line.starts_with("<poly") {
            for point in value(line, "points").unwrap_or_default().split_whitespace() {
                let (x, y) = point.split_once(',').unwrap();
                assert!(inside(x.parse().unwrap(), y.parse().unwrap()), "{name}: {line}");
            }
        } else if line.starts_with("<text") {
            assert!(inside(number(line, "x"), number(line, "y")), "{name}: {line}");
        } else {
            continue;
        }
        shapes += 1;
    }
    assert!(shapes > 5, "{name}: an empty picture");
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
    let error = render_svg(&figure, Style { width: 10, height: Some(10), ..Style::MIN }).unwrap_err();
    assert!(error.to_string().contains("at least 1200 x 860"), "{error}");
    let error = render_png(&figure, Style { width: 100_000, height: Some(1_000), ..Style::MIN }).unwrap_err();
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

//! Draws the pictures of `docs/findings.md`: two runs each, one above the other, that differ in one thing.
//!
//! `cargo run --release -p sandbox-cli --example findings [NAME]`, in the root of the repository.
#![expect(clippy::print_stderr, reason = "it says which pictures it has drawn")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use sandbox_core::Time;
use sandbox_engine::{RunOptions, run, watched_lanes};
use sandbox_report::charts::{Style, render_pair_png};
use sandbox_report::{Clock, Figure};
use sandbox_scenario::Resolved;

/// A run: its title, and what `sandbox run` is told.
struct Shown {
    title: &'static str,
    router: Option<&'static str>,
    script: Option<&'static str>,
    set: &'static [&'static str],
}

struct Picture {
    name: &'static str,
    scenario: &'static str,
    runs: [Shown; 2],
}

const SMALL: &str = "docs/findings/findings-scenario.ron";
const GALLERY: &str = "scenarios/router-gallery.ron";

/// A run of twenty minutes.
const WHOLE: &[&str] = &["bucket=10s"];
/// The first minutes, where that is all there is to see.
const BEGINNING: &[&str] = &["duration=5m", "bucket=2s"];

const fn shown(
    title: &'static str,
    router: &'static str,
    script: &'static str,
    set: &'static [&'static str],
) -> Shown {
    Shown { title, router: Some(router), script: Some(script), set }
}

const PICTURES: [Picture; 7] = [
    Picture {
        name: "lone-primary",
        scenario: SMALL,
        runs: [
            shown("lone deployment", "lone", "lone-primary", WHOLE),
            shown("two in one group", "two", "lone-primary", WHOLE),
        ],
    },
    Picture {
        name: "shunned",
        scenario: SMALL,
        runs: [
            shown("by latency", "latency", "shunned", WHOLE),
            shown("in order", "fallback", "shunned", WHOLE),
        ],
    },
    Picture {
        name: "opener",
        scenario: SMALL,
        runs: [
            shown("refusals, then silence", "cooldown", "opener", BEGINNING),
            shown("silence alone", "cooldown", "opener-without", BEGINNING),
        ],
    },
    Picture {
        name: "refused",
        scenario: SMALL,
        runs: [
            shown("refused or held", "patient", "refused", BEGINNING),
            shown("held alone", "patient", "held", BEGINNING),
        ],
    },
    Picture {
        name: "memory",
        scenario: "docs/findings/memory-scenario.ron",
        runs: [
            Shown { title: "10,000 tokens of memory", router: None, script: None, set: WHOLE },
            Shown {
                title: "14,100 tokens of memory",
                router: None,
                script: None,
                set: &["bucket=10s", "endpoints.plan.serving.kv_tokens=14100"],
            },
        ],
    },
    Picture {
        name: "lost-in-two",
        scenario: GALLERY,
        runs: [
            shown(
                "one loss of two minutes",
                "fallback",
                "lost",
                &["duration=10m", "weather.script=[]", "bucket=10s"],
            ),
            shown(
                "two losses of one minute",
                "fallback",
                "lost-in-two",
                &["duration=10m", "weather.script=[]", "bucket=10s"],
            ),
        ],
    },
    Picture {
        name: "blip",
        scenario: SMALL,
        runs: [
            shown("a clairvoyant", "clairvoyant", "blip", BEGINNING),
            shown("a client that tries again", "fallback", "blip", BEGINNING),
        ],
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let only = std::env::args().nth(1).unwrap_or_default();
    for picture in PICTURES.iter().filter(|picture| picture.name.contains(&only)) {
        let [upper, lower] = &picture.runs;
        let (upper, lower) = (figure(picture.scenario, upper)?, figure(picture.scenario, lower)?);
        let png = indexed(&render_pair_png(&upper, &lower, Style::MIN)?)?;
        let path = format!("docs/findings/{}.png", picture.name);
        fs::write(&path, png)?;
        eprintln!("{path}");
    }
    Ok(())
}

fn figure(scenario: &str, shown: &Shown) -> Result<Figure, Box<dyn Error>> {
    let sets: Vec<String> = shown.set.iter().map(|set| (*set).to_owned()).collect();
    let mut resolved = Resolved::load(Path::new(scenario), &sets)?;
    let mut repro = format!("sandbox run {scenario}");
    if let Some(router) = shown.router {
        resolved = resolved.with_entry(router)?;
        repro.push_str(&format!(" --router {router}"));
    }
    if let Some(script) = shown.script {
        let path = format!("docs/findings/{script}.ron");
        resolved = resolved.with_script_file(Path::new(&path))?;
        repro.push_str(&format!(" --script {path}"));
    }
    sets.iter().for_each(|set| repro.push_str(&format!(" --set {set}")));
    let output = run(&resolved, RunOptions { repro, ..RunOptions::default() })?;
    let start = &resolved.scenario.start;
    let label = start.local_label(Time::ZERO);
    let mut hms = label.split(':').map(|part| part.parse::<u32>().unwrap_or(0));
    let (hours, minutes) = (hms.next().unwrap_or(0), hms.next().unwrap_or(0));
    let clock = Clock {
        zone: start.zone().name().to_owned(),
        date: format!("{} {}", start.weekday(), start.local_date(Time::ZERO)),
        start_second_of_day: hours * 3600 + minutes * 60,
    };
    let mut figure = Figure::from_parts(&output.summary, &output.timeline, &output.lane_faults, clock)?;
    for (lane, watched) in figure.lanes.iter_mut().zip(watched_lanes(&resolved, &output.script)) {
        lane.watched = watched;
    }
    Ok(Figure { title: shown.title.to_owned(), ..figure })
}

/// The same picture in at most 256 colours, sixteen shades a channel: a third of the size, and text as legible.
fn indexed(file: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut reader = png::Decoder::new(file).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels)?;
    let shade = |channel: u8| (u16::from(channel) + 8).div_euclid(17) as u8 * 17;
    let colours = || pixels.chunks_exact(3).map(|rgb| [shade(rgb[0]), shade(rgb[1]), shade(rgb[2])]);
    let mut counts = BTreeMap::<[u8; 3], u64>::new();
    colours().for_each(|colour| *counts.entry(colour).or_default() += 1);
    let mut palette: Vec<([u8; 3], u64)> = counts.iter().map(|(colour, count)| (*colour, *count)).collect();
    palette.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    palette.truncate(256);
    let apart = |a: &[u8; 3], b: &[u8; 3]| {
        a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum::<u32>()
    };
    let nearest =
        |colour: &[u8; 3]| (0..palette.len()).min_by_key(|&n| apart(&palette[n].0, colour)).unwrap_or(0);
    let index: BTreeMap<[u8; 3], u8> = counts.keys().map(|colour| (*colour, nearest(colour) as u8)).collect();
    let indices: Vec<u8> = colours().map(|colour| index[&colour]).collect();
    let mut small = Vec::new();
    let mut encoder = png::Encoder::new(&mut small, info.width, info.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.iter().flat_map(|(colour, _)| *colour).collect::<Vec<u8>>());
    encoder.set_compression(png::Compression::Best);
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.write_header()?.write_image_data(&indices)?;
    Ok(small)
}

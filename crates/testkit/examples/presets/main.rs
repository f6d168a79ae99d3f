//! Every preset, and every router of the gallery, against all safety and liveness properties: what `docs/findings.md`
//! reports.
//!
//! `cargo run --release -p sandbox-testkit --example presets -- [--cases 20000] [--seed 1] [--jobs 2] [--only NAME] [--comparisons yes]`
//!
//! With `--comparisons yes` against those properties instead that compare runs. Cases are shared out evenly. The table says by router in how many of them a target went out and came back, in how many
//! the liveness property `returns` had something to say, and what was broken; broken scripts follow, shrunk. It exits 1
//! if anything was.
#![expect(clippy::print_stdout, reason = "it reports")]

#[path = "../../../engine/tests/it/routers/presets/draw.rs"]
#[expect(dead_code, reason = "the engine's tests know more of each preset")]
mod draw;
mod say;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use sandbox_scenario::{Resolved, script_to_text};
use sandbox_testkit::properties::{ALL, Property, Sort, Subject};
use sandbox_testkit::search::{Check, Counterexample, Journal, Noted, check};
use sandbox_testkit::{Belief, Weather};

use draw::{DEADLINE, Draw, PRESETS};

/// How long the presets' scenario is: long enough for storms of minutes, and for what comes after.
const DURATION: &str = "duration=6m";

/// Most faults of a case.
const FAULTS: usize = 6;

/// One case in so many is run again for how often liveness has its say.
const ASKED: u64 = 10;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let (mut cases, mut seed, mut jobs, mut only, mut comparisons) = (20_000_u64, 1, 1, String::new(), false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} takes a value"))?;
        match arg.as_str() {
            "--cases" => cases = value.parse()?,
            "--seed" => seed = value.parse()?,
            "--jobs" => jobs = value.parse()?,
            "--only" => only = value,
            "--comparisons" => comparisons = value == "yes",
            _ => {
                return Err(format!(
                    "no option is called {arg}: --cases, --seed, --jobs, --only, --comparisons"
                )
                .into());
            }
        }
    }
    let mut subjects = presets()?;
    subjects.extend(gallery()?);
    subjects.retain(|(name, _)| name.contains(&only));
    let each: u64 = cases.div_ceil(subjects.len().max(1) as u64);
    let properties: Vec<Property> =
        ALL.iter().filter(|property| (property.sort == Sort::Metamorphic) == comparisons).copied().collect();

    println!("{each} cases each from seed {seed}, against {} properties\n", properties.len());
    println!("{:<44} cases    out   back   leak   fail  kinds  returns  broken", "router");
    let (mut all, mut found) = (Tally::default(), Vec::new());
    for (name, resolved) in &subjects {
        let subject = Subject::new(resolved.clone());
        let mut weather = Weather::new(resolved).with_faults_max(FAULTS);
        if !comparisons {
            weather = weather.with_calm_after(subject.settles_after_most());
        }
        let search = Check {
            subject,
            properties: properties.clone(),
            objectives: Vec::new(),
            weather,
            cases: each,
            seed,
            jobs,
            corpus: Vec::new(),
            all: true,
        };
        let targets = resolved.nodes.iter().map(|node| node.targets.len()).sum();
        let mut tally = Tally { targets, ..Tally::default() };
        let one = check(&search, &mut tally, &mut |_| {})?;
        let (asked, said) = say::of(&search, each.div_ceil(ASKED))?;
        let percent = |part: u64, of: u64| format!("{:.0} %", 100.0 * part as f64 / of.max(1) as f64);
        let broken: BTreeSet<&str> = one.counterexamples.iter().map(|c| c.broken.property.as_str()).collect();
        println!(
            "{name:<44} {:>5} {:>6} {:>6} {:>6} {:>6} {:>6} {:>8}  {}",
            one.coverage.cases,
            percent(tally.out, tally.cases),
            percent(tally.back, tally.cases),
            percent(one.coverage.outcomes[1], one.coverage.cases),
            percent(one.coverage.outcomes[2], one.coverage.cases),
            one.coverage.kinds.len(),
            percent(said, asked),
            if broken.is_empty() {
                "-".to_owned()
            } else {
                broken.into_iter().collect::<Vec<_>>().join(", ")
            },
        );
        io::stdout().flush()?;
        all.cases += one.coverage.cases;
        all.out += tally.out;
        found.extend(one.counterexamples.into_iter().map(|broken| (name, broken)));
    }
    println!("\n{} cases; in {} of them a target went out; {} broken", all.cases, all.out, found.len());
    for (name, Counterexample { broken, script, from, .. }) in &found {
        println!("\n{name}: {} ({from:?}, at {:?}): {}", broken.property, broken.at, broken.what);
        print!("{}", script_to_text(script));
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the sights of the cases add up to.
#[derive(Default)]
struct Tally {
    targets: usize,
    cases: u64,
    out: u64,
    back: u64,
}

impl Journal for Tally {
    fn known(&self, _: u64) -> Option<Noted> {
        None
    }

    fn note(&mut self, _: u64, noted: &Noted) -> io::Result<()> {
        let any = |belief| (0..self.targets).any(|target| noted.sights.has_belief(target, belief));
        self.cases += 1;
        self.out += u64::from(any(Belief::Out) || any(Belief::Probing));
        self.back += u64::from(any(Belief::Back));
        Ok(())
    }
}

type Named = (String, Resolved);

fn presets() -> Result<Vec<Named>, Box<dyn std::error::Error>> {
    let of = |preset: usize| {
        let draw = Draw { preset, on: 0, numbers: preset as u64 };
        let text = draw.under("", "9/s", DEADLINE);
        let resolved = Resolved::parse("presets.ron", &text, None, &[DURATION.to_owned()])?;
        Ok((PRESETS[preset].name.to_owned(), resolved))
    };
    (0..PRESETS.len()).map(of).collect()
}

/// The gallery, a quarter of an hour of it, entered by each of its routers in turn.
fn gallery() -> Result<Vec<Named>, Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/router-gallery.ron");
    let sets = ["duration=15m", "weather.script=[]", "objectives=[]"].map(str::to_owned);
    let gallery = Resolved::load(&path, &sets)?;
    // Nobody enters by the grid: it stands behind the others, which all are watched with it.
    let names =
        gallery.scenario.routers.iter().map(|router| router.name.clone()).filter(|name| name != "grid");
    names.map(|name| Ok((format!("gallery: {name}"), gallery.clone().with_entry(&name)?))).collect()
}

//! Every command and flag: one definition each, with its help.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use sandbox_core::Span;
use sandbox_model::FaultKind;
use sandbox_report::Measure;
use sandbox_report::charts::{Panel, Picture};
use sandbox_report::trace_events::Sampling;
use sandbox_scenario::WallClock;
use sandbox_scenario::import::statuspage;

/// Replays seeded outages of LLM providers through a router, and shows where overflow leaks, why, and what it costs.
#[derive(Parser, Debug)]
#[command(name = "sandbox", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 internal or I/O error, 2 usage, 3 scenario invalid, 4 objective missed, \
5 property falsified, 6 replay differs";

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Write a commented scenario to start from, which runs in a second
    Init {
        /// Name of the scenario: NAME.ron is written
        #[arg(default_value = "my-outage")]
        name: String,
    },
    /// Run a scenario and its control twin; write a run directory with summary, tables and charts
    Run(Run),
    /// Print run directories again, without simulating; ends with 4 where an objective was missed
    Show {
        /// Directories that `sandbox run` wrote
        #[arg(required = true, value_name = "RUN_DIR")]
        runs: Vec<PathBuf>,
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Say what is different between two runs and what that did, in words and as a figure
    Diff(Diff),
    /// Run a run directory again and compare every byte
    Replay {
        /// Directory that `sandbox run` wrote
        #[arg(value_name = "RUN_DIR")]
        run: PathBuf,
    },
    /// Search for the outages that break a promise of a router, and shrink them to what it takes
    Check(Check),
    /// Show every decision that routers made for one request of a run directory, and why
    Explain(Explain),
    /// Write the outage script that a seed draws; edit it and feed it back with `run --script`
    Script {
        #[command(flatten)]
        scenario: ScenarioArgs,
        /// File to write; standard output if absent
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Draw run directories again, without simulating: other panels, a stretch of time, several runs on one picture
    Plot(Plot),
    /// Turn another tool's file into a piece of a scenario
    Import {
        #[command(subcommand)]
        what: Import,
    },
    /// Print the JSON Schema (2020-12) of a file that `run` writes
    Schema {
        /// Which file
        #[arg(value_enum, default_value_t = SchemaOf::Summary)]
        of: SchemaOf,
    },
    /// Check a scenario without running it
    Validate {
        #[command(flatten)]
        scenario: ScenarioArgs,
    },
    /// Print the completions of a shell
    Completions {
        /// Shell to complete in
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the man page, or write those of all commands
    Man {
        /// Directory for a page of each command; without it, the first page goes to standard output
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// How results are printed.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, ValueEnum)]
pub(crate) enum Format {
    /// Text for a terminal, at most 80 columns wide
    #[default]
    Table,
    /// `summary.json`; of several runs, a list of them
    Json,
    /// A header, and one line a run
    Csv,
    /// For a comment on a pull request
    Markdown,
    /// Nothing but errors: the exit code says it
    Quiet,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct FormatArgs {
    /// How to print the results on standard output; but for `table`, nothing else goes there
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    format: Format,
    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl FormatArgs {
    pub(crate) const fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Diff {
    /// Directory of the run that the other one is held against
    #[arg(value_name = "RUN_A")]
    pub(crate) a: PathBuf,
    /// Directory of the other run
    #[arg(value_name = "RUN_B")]
    pub(crate) b: PathBuf,
    /// Directory for the figure, A above B: diff.svg and diff.png [default: out/diff-A-B]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How to print what is different
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    pub(crate) format: DiffFormat,
}

/// How a difference is printed.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug, ValueEnum)]
pub(crate) enum DiffFormat {
    /// Text for a terminal, at most 80 columns wide
    #[default]
    Table,
    /// One object; docs/output.md has its keys
    Json,
    /// For a comment on a pull request
    Markdown,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Explain {
    /// Directory that `sandbox run` wrote
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run: PathBuf,
    /// Which: workload and number of arrival, from 0; the number alone where there is one workload
    #[arg(long, value_name = "WORKLOAD/N")]
    pub(crate) request: String,
    /// Print it as JSON on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Plot {
    /// Directories that `sandbox run` wrote
    #[arg(required = true, value_name = "RUN_DIR")]
    pub(crate) runs: Vec<PathBuf>,
    /// Panel to draw; may be repeated. Several runs are then drawn on one picture, one row a run
    /// [default: lanes, share, ttft and cost, one picture a run]
    ///
    /// `flow` and `waterfall` have no time axis: each is a picture of its own, of one whole run
    #[arg(long = "panel", value_name = "NAME", value_parser = shown())]
    pub(crate) panels: Vec<Shown>,
    /// What `--panel flow` counts
    #[arg(long, value_enum, default_value_t = Count::Requests)]
    pub(crate) count: Count,
    /// Draw runs that differ only in their seed as median, p5 to p95, and least to most
    #[arg(long)]
    pub(crate) fan: bool,
    /// Leave out what was before: time since the start like 9h30m, or wall clock like 20:15 or "2026-11-18 20:15"
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Leave out what was after, written alike
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Width of the picture in pixels; its height follows from the panels
    #[arg(long, default_value_t = 1600, value_parser = clap::value_parser!(u32).range(1200..=8000))]
    pub(crate) width: u32,
    /// Colours
    #[arg(long, value_enum, default_value_t = Theme::Light)]
    pub(crate) theme: Theme,
    /// File to write (.svg or .png), or directory for both
    /// [default: the run directory; of several runs on one picture, the one they are in]
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// What a picture shows.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Shown {
    /// A panel with a time axis.
    Panel(Panel),
    /// A picture without one, of which `--count` says what is counted.
    Picture(Picture),
}

fn shown() -> impl TypedValueParser<Value = Shown> {
    let pictures = || [Picture::Flow(Measure::Requests), Picture::Waterfall];
    let names = Panel::ALL.map(Panel::name).into_iter().chain(pictures().map(Picture::name));
    // All of these names read back.
    PossibleValuesParser::new(names.collect::<Vec<_>>()).try_map(move |name| {
        match pictures().into_iter().find(|picture| picture.name() == name) {
            Some(picture) => Ok(Shown::Picture(picture)),
            None => name.parse::<Panel>().map(Shown::Panel),
        }
    })
}

/// What a flow counts.
#[derive(Copy, Clone, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Count {
    /// Requests that arrived
    Requests,
    /// Tokens of prompts and answers
    Tokens,
    /// US dollars billed
    Money,
}

/// Colours of pictures.
#[derive(Copy, Clone, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Theme {
    /// Dark on white
    Light,
    /// Light on near-black
    Dark,
}

/// Files that have a schema.
#[derive(Copy, Clone, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    /// summary.json, also what `run --json` prints
    Summary,
    /// worst.json; an element is what `explain --json` prints
    Worst,
}

/// What is imported.
#[derive(Subcommand, Debug)]
pub(crate) enum Import {
    /// A config of LiteLLM's proxy (config.yaml) to a scenario that runs, and an account of what became of each value
    Litellm(ImportLitellm),
    /// Incidents of a status page (Statuspage v2, /api/v2/incidents.json) to an outage script for `run --script`
    Statuspage(ImportStatuspage),
    /// Prices of LiteLLM (model_prices_and_context_window.json) or OpenRouter (models, or a model's endpoints) to
    /// `price` blocks
    Prices(ImportPrices),
    /// Recorded arrivals (Azure's CSV, Mooncake's JSON lines) to a workload, with a generator fitted to them
    Trace(ImportTrace),
    /// Fit prefill and decode times to measurements (Splitwise's perf_model.csv): a `serving: (…)` block
    Serving(ImportServing),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ImportLitellm {
    /// YAML file, plain or gzipped
    pub(crate) file: PathBuf,
    /// Model that is asked for: a `model_name` of the config, or an alias [default: the first `model_name`]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// File to write; standard output if absent
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ImportStatuspage {
    /// JSON file, plain or gzipped
    pub(crate) file: PathBuf,
    /// Which provider, endpoint or gateway a component of the page is; `*` stands for any other; may be repeated
    #[arg(long = "target", value_name = "COMPONENT=NAME", value_parser = pair)]
    pub(crate) targets: Vec<(String, String)>,
    /// Leave out incidents that began before this day (UTC), like 2026-01-05
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Leave out incidents that began on this day (UTC) or later, like 2026-01-06
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
    /// The scenario's start, like "2026-01-05 00:00 UTC" [default: midnight UTC before the first fault]
    #[arg(long, value_name = "CLOCK")]
    pub(crate) start: Option<WallClock>,
    /// How much earlier than the page says trouble began, like 10m
    #[arg(long, value_name = "SPAN", default_value = "0s")]
    pub(crate) lag: Span,
    /// Let faults end when the page says resolved, not when a fix was in place (monitoring)
    #[arg(long)]
    pub(crate) until_resolved: bool,
    /// What an impact means, like `minor=Errors(share: 0.05)`; may be repeated
    /// [default: critical=Down(status: 503), major=Errors(share: 0.5), minor=Errors(share: 0.1); assumptions]
    #[arg(long = "kind", value_name = "IMPACT=KIND", value_parser = impact)]
    pub(crate) kinds: Vec<(String, FaultKind)>,
    /// File to write; standard output if absent
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ImportPrices {
    /// JSON file, plain or gzipped
    pub(crate) file: PathBuf,
    /// Part of the names of the models that are wanted, in letters of any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) model: String,
    /// File to write; standard output if absent
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ImportTrace {
    /// Trace, plain or gzipped
    pub(crate) file: PathBuf,
    /// What its time-stamps were rounded down to, like `3s`
    #[arg(long, value_name = "SPAN", default_value = "0s")]
    pub(crate) quantum: Span,
    /// Which arrivals are active; the other ones stand in a comment
    #[arg(long = "as", value_enum, default_value_t = TraceForm::Fitted)]
    pub(crate) form: TraceForm,
    /// File to write; standard output if absent
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// How a trace comes into a scenario.
#[derive(Copy, Clone, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum TraceForm {
    /// The rows themselves
    Trace,
    /// A generator with the same rate, dispersion and lengths
    Fitted,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ImportServing {
    /// Measurements, CSV, plain or gzip
    pub(crate) file: PathBuf,
    /// Model, as in the column of that name
    #[arg(long, value_name = "NAME")]
    pub(crate) model: String,
    /// Hardware, as in the column of that name
    #[arg(long, value_name = "NAME")]
    pub(crate) hardware: String,
    /// Tensor parallelism, as in the column of that name
    #[arg(long, value_name = "N")]
    pub(crate) tp: u32,
    /// File to write; standard output if absent
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (component, name) = text.rsplit_once('=').ok_or("write COMPONENT=NAME, like 'API=openai'")?;
    Ok((component.trim().to_owned(), name.trim().to_owned()))
}

fn impact(text: &str) -> Result<(String, FaultKind), String> {
    let (impact, kind) = text.split_once('=').ok_or("write IMPACT=KIND, like 'minor=Errors(share: 0.05)'")?;
    Ok((impact.trim().to_owned(), statuspage::read_kind(kind)?))
}

/// Which scenario, and what is different from how it was written.
#[derive(ClapArgs, Debug)]
pub(crate) struct ScenarioArgs {
    /// Scenario file (RON); see docs/scenario-format.md
    pub(crate) scenario: PathBuf,
    /// Seed of the weather, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Override a key, like `workloads.cn-chat.arrivals.rate=30/s`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) sets: Vec<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Check {
    /// Scenario file (RON); its own faults are left out. Its seed fixes everything but the outages
    pub(crate) scenario: PathBuf,
    /// Override a key, like `workloads.cn-chat.arrivals.rate=30/s`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) sets: Vec<String>,
    /// Router that every workload enters, instead of the scenario's (`workload=router` for one of them); several
    /// are checked one after the other
    #[arg(long = "router", value_name = "NAME")]
    pub(crate) routers: Vec<String>,
    /// Property to hold, or a group of them: safety, liveness, metamorphic (several runs a case); may be repeated
    /// [default: without --objective, safety and liveness]
    #[arg(long = "property", value_name = "NAME")]
    pub(crate) properties: Vec<String>,
    /// Objective to hold whatever the outages, like "availability >= 95%"; may be repeated
    #[arg(long = "objective", value_name = "EXPR")]
    pub(crate) objectives: Vec<String>,
    /// How many outage scripts to draw; with --worst: how many runs to spend
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) cases: u64,
    /// Seed of the search
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Most faults in one script
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=32))]
    pub(crate) max_faults: u32,
    /// Most time that the faults of one script may last together, like 10m [default: any; a tenth of the scenario with --worst]
    #[arg(long, value_name = "SPAN")]
    pub(crate) max_downtime: Option<Span>,
    /// Threads; results do not depend on it [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) jobs: Option<u32>,
    /// Look for the script under which this metric is worst instead, like leak_premium or `ttft_p99[cn-chat]`
    #[arg(long, value_name = "METRIC", conflicts_with_all = ["properties", "objectives", "junit", "annotations"])]
    pub(crate) worst: Option<String>,
    /// Where scripts that were found are kept; they are run first the next time
    #[arg(long, value_name = "DIR", default_value = "fixtures/regressions")]
    pub(crate) regressions: PathBuf,
    /// Directory for pictures, and for the journal of a search that goes on if it was stopped
    /// [default: out/check-SCENARIO-DIGEST]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write the results as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Print what is broken in the form of another program as well
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) annotations: Option<Annotations>,
    /// Print every property and whether it says something of this scenario, and run nothing
    #[arg(long)]
    pub(crate) list: bool,
}

/// Forms of annotations.
#[derive(Copy, Clone, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Annotations {
    /// Lines that GitHub Actions shows at the scenario's lines
    Github,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Router that every workload enters, instead of the scenario's (`workload=router` for one of them); several
    /// run one after the other, on the same weather
    #[arg(long = "router", value_name = "NAME")]
    pub(crate) routers: Vec<String>,
    /// Outage script to use instead of the scenario's faults
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// Directory to write [default: out/SCENARIO-SEED]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// Write every event to events.csv as well (large); short for --trace-format csv
    #[arg(long)]
    pub(crate) trace: bool,
    /// Write single requests and attempts as well; may be repeated (docs/exports.md)
    #[arg(long = "trace-format", value_enum, value_name = "FORMAT")]
    pub(crate) trace_formats: Vec<TraceFormat>,
    /// Of how many requests trace.json.gz tells: `all`, or a share like 1/100 [default: all, or the largest share that leaves about
    /// 100,000 of the requests to be expected]
    #[arg(long, value_name = "SHARE")]
    pub(crate) trace_sample: Option<Sampling>,
}

/// Forms in which a run is told request by request.
#[derive(Copy, Clone, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum TraceFormat {
    /// Every event of the simulation: events.csv
    Csv,
    /// Slices and counters for ui.perfetto.dev and chrome://tracing: trace.json.gz
    Perfetto,
    /// Tables of requests, attempts and buckets: requests.parquet, attempts.parquet, buckets.parquet
    Parquet,
}

//! Every command and flag: one definition each, with its help.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

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
    /// Run a scenario and its control twin; write a run directory with summary, tables and charts
    Run(Run),
    /// Run a run directory again and compare every byte
    Replay {
        /// Directory that `sandbox run` wrote
        run: PathBuf,
    },
    /// Write the outage script that a seed draws; edit it and feed it back with `run --script`
    Script {
        #[command(flatten)]
        scenario: ScenarioArgs,
        /// File to write; standard output if absent
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Draw the charts of run directories again, without simulating
    Plot {
        /// Directories that `sandbox run` wrote
        #[arg(required = true, value_name = "RUN_DIR")]
        runs: Vec<PathBuf>,
        /// Width of the charts in pixels
        #[arg(long, default_value_t = 1600, value_parser = clap::value_parser!(u32).range(800..=8000))]
        width: u32,
    },
    /// Make a piece of a scenario from another tool's file
    Import {
        #[command(subcommand)]
        what: Import,
    },
    /// Check a scenario without running it
    Validate {
        #[command(flatten)]
        scenario: ScenarioArgs,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum Import {
    /// Fit prefill and decode times to measurements (Splitwise's perf_model.csv): a `serving: (…)` block
    Serving(ImportServing),
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
    /// Print the summary as JSON on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
    /// Write every event to events.csv as well (large)
    #[arg(long)]
    pub(crate) trace: bool,
}

//! A workbench: an empty directory with a small scenario in it, and the command to run there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sandbox_engine::output::Summary;
use tempfile::TempDir;

/// The scenario that the documents use: 30 minutes, two providers behind a grid, faults written down and drawn.
pub(crate) const QUICK: &str = include_str!("../../../../docs/examples/quick.ron");

/// What `sandbox run` writes.
pub(crate) const FILES: [&str; 10] = [
    "flow.csv",
    "ledger.csv",
    "outages.ron",
    "report.html",
    "scenario.ron",
    "summary.json",
    "timeline.csv",
    "timeline.png",
    "timeline.svg",
    "worst.json",
];

pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    /// With `quick.ron` in it.
    pub(crate) fn new() -> Self {
        let bench = Self { dir: tempfile::tempdir().expect("a temporary directory") };
        bench.write("quick.ron", QUICK);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the bench can be written");
    }

    /// The same in a folder that need not be there.
    pub(crate) fn write_deep(&self, name: &str, text: &str) {
        let folder = self.path(name).parent().expect("a file is in a folder").to_owned();
        fs::create_dir_all(folder).expect("the bench can be written");
        self.write(name, text);
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Replaces `old`, which must be there, in a file.
    pub(crate) fn edit(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "`{old}` is not in {name}:\n{text}");
        self.write(name, &text.replacen(old, new, 1));
    }

    /// Runs `sandbox` here; arguments are parted by blanks.
    pub(crate) fn sandbox(&self, arguments: &str) -> Ended {
        self.sandbox_with(arguments, &[])
    }

    pub(crate) fn sandbox_with(&self, arguments: &str, variables: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
        command.args(arguments.split_whitespace()).current_dir(self.dir.path());
        command.envs(variables.iter().copied());
        Ended::new(arguments, command.output().expect("the command starts"))
    }

    /// Runs the quick scenario into `out` and demands success.
    pub(crate) fn quick(&self, out: &str, more: &str) -> Summary {
        self.sandbox(&format!("run quick.ron --out {out} {more}")).expect(0);
        self.summary(out)
    }

    pub(crate) fn summary(&self, run: &str) -> Summary {
        serde_json::from_str(&self.read(&format!("{run}/summary.json"))).expect("summary.json is a summary")
    }

    /// The names in a directory, in order.
    pub(crate) fn list(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(dir)).unwrap_or_else(|error| panic!("{dir}: {error}"));
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
            .collect();
        names.sort();
        names
    }

    /// All files of a directory as bytes.
    pub(crate) fn bytes(&self, dir: &str) -> BTreeMap<String, Vec<u8>> {
        let read = |name: String| (name.clone(), fs::read(self.path(dir).join(name)).expect("a file"));
        self.list(dir).into_iter().map(read).collect()
    }
}

/// A command that has ended.
pub(crate) struct Ended {
    what: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    fn new(what: &str, output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is text");
        Self {
            what: what.to_owned(),
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "sandbox {}\n{}{}", self.what, self.out, self.err);
        self
    }
}

/// The lines of a CSV file without quotes, as maps from column to cell.
pub(crate) fn rows(csv: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    lines
        .map(|cells| {
            assert_eq!(cells.len(), header.len(), "every line has every column");
            header.iter().copied().zip(cells).collect()
        })
        .collect()
}

/// A decimal number of dollars in pico-dollars, exactly.
pub(crate) fn pico(decimal: &str) -> i128 {
    let (sign, digits) = decimal.strip_prefix('-').map_or((1, decimal), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(part.len() <= 12, "{decimal} is finer than a pico-dollar");
    let digits = format!("{whole}{part:0<12}");
    sign * digits.parse::<i128>().unwrap_or_else(|_| panic!("`{decimal}` is no decimal number"))
}

/// The top of the repository.
pub(crate) fn repository() -> &'static Path {
    // Two levels above this crate, as long as crates live in `crates/`.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .and_then(Path::parent)
        .expect("crates/cli is two levels deep")
}

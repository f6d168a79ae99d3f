//! `sandbox check`: one search for each router.
//!
//! * `choose` – what is to be held, from the command line
//! * `again` – scripts of the corpus, before anything is searched
//! * `finding` – from a script to what is kept, drawn and printed of it
//! * `covered` – how much was covered
//! * `worst` – the search for the worst script instead

mod again;
mod choose;
mod covered;
mod finding;
mod worst;

use std::io::ErrorKind;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sandbox_core::Fingerprint;
use sandbox_report::ci::{Outcome, Promise, github_error, junit_xml};
use sandbox_report::terminal::{covered_text, finding_text};
use sandbox_routers::Registry;
use sandbox_scenario::Resolved;
use sandbox_testkit::Weather;
use sandbox_testkit::corpus::file_word;
use sandbox_testkit::properties::Subject;
use sandbox_testkit::search::{self, FileJournal, journal};

use crate::args::Check;
use crate::commands::paint;
use crate::commands::run::quoted;
use crate::exit::{Code, Failure};
use crate::files;
use crate::progress::Searching;
use again::Again;
use choose::Chosen;
use finding::Finding;

/// A scenario under one of its routers, as it is checked.
struct Checked<'a> {
    args: &'a Check,
    /// As `--router` takes it, if it is not the scenario's own.
    router: Option<&'a str>,
    subject: Subject,
    weather: Weather,
    /// Whether the scenario is too short for liveness to have its say after every script.
    is_short: bool,
}

pub(super) fn check(args: &Check, registry: &Arc<Registry>) -> Result<Code, Failure> {
    let resolved = Resolved::load_with(&args.scenario, &args.sets, Arc::clone(registry))?;
    let routers: Vec<Option<&str>> = match &args.routers[..] {
        [] => vec![None],
        some => some.iter().map(|router| Some(router.as_str())).collect(),
    };
    let mut all = Vec::new();
    for router in routers {
        let resolved = router.map_or(Ok(resolved.clone()), |router| resolved.clone().with_entry(router))?;
        let mut weather = Weather::new(&resolved).with_faults_max(args.max_faults as usize);
        if let Some(downtime) = args.max_downtime {
            weather = weather.with_downtime_max(downtime);
        }
        let mut checked = Checked { args, router, subject: Subject::new(resolved), weather, is_short: false };
        // Whatever is wrong with the command line is told before anything runs.
        let chosen = Chosen::new(args, &checked.subject)?;
        if !chosen.liveness().is_empty() {
            checked.calm_down();
        }
        all.push((checked, chosen));
    }
    if args.worst.is_some() && args.cases == 0 {
        return Err(Failure::Request {
            message: "no runs are left to look for the worst with".to_owned(),
            hint: "--cases is their number: 1 or more".to_owned(),
        });
    }
    if args.list {
        for (checked, _) in &all {
            println!("{}\n", checked.title());
            print!("{}", choose::list(&checked.subject));
        }
        return Ok(Code::Ok);
    }
    if let Some(parent) = args.junit.as_deref().and_then(Path::parent) {
        // A search of hours does not end with nowhere to write to.
        std::fs::create_dir_all(parent).map_err(Failure::io("create", parent))?;
    }
    let mut code = Code::Ok;
    let mut promises = Vec::new();
    for (number, (checked, chosen)) in all.iter().enumerate() {
        if number > 0 {
            println!();
        }
        if let Some((metric, workload)) = &chosen.worst {
            worst::search(checked, *metric, workload.as_deref())?;
        } else {
            code = match (code, checked.search(chosen, &mut promises)?) {
                (Code::Falsified, _) | (_, Code::Falsified) => Code::Falsified,
                (Code::Invalid, _) | (_, Code::Invalid) => Code::Invalid,
                _ => Code::Ok,
            };
        }
    }
    if let Some(path) = &args.junit {
        files::write_file(path, junit_xml(&promises)?.as_bytes())?;
    }
    Ok(code)
}

impl Checked<'_> {
    /// Runs what was kept again, then searches; what became of each promise is added to `promises`.
    fn search(&self, chosen: &Chosen, promises: &mut Vec<Promise>) -> Result<Code, Failure> {
        println!("{}", self.title());
        let check = search::Check {
            subject: self.subject.clone(),
            properties: chosen.properties.clone(),
            objectives: chosen.objectives.clone(),
            weather: self.weather.clone(),
            cases: self.args.cases,
            seed: self.args.seed,
            jobs: self.jobs(),
            corpus: Vec::new(),
            all: true,
        };
        let out = self.out(check.digest());
        // A search that was stopped goes on: it may have been stopped when it had kept only some of what it found.
        let stopped = match out.join(JOURNAL).exists() {
            true => Some(self.journal(&out, check.digest())?).filter(|journal| journal.resumed() > 0),
            false => None,
        };
        let again = if stopped.is_some() { Again::default() } else { again::run(self, chosen)? };
        let Again { mut findings, wrong } = again;
        // What is known to be broken is mended before more is searched for.
        let searched = findings.is_empty() && !wrong && self.args.cases > 0;
        if findings.is_empty() && !wrong && !searched {
            println!("searched     nothing (--cases 0)");
        }
        if searched {
            let mut journal = stopped.map_or_else(|| self.journal(&out, check.digest()), Ok)?;
            let mut searching = Searching::new(journal.resumed() as u64);
            let found = search::check(&check, &mut journal, &mut |progress| searching.at(progress))?;
            drop(searching);
            for counterexample in &found.counterexamples {
                findings.push(Finding::of(self, counterexample, &out)?);
            }
            end(journal, &out)?;
            for finding in &findings {
                println!();
                print!("{}", finding_text(&finding.told, paint()));
            }
            let covered = covered::told(self, chosen, &found, &findings);
            if findings.is_empty() || !covered.held.is_empty() {
                println!();
                print!("{}", covered_text(&covered, paint()));
            }
        }
        self.annotate(&findings);
        promises.extend(self.promises(chosen, &findings, searched));
        Ok(match (findings.is_empty(), wrong) {
            (false, _) => Code::Falsified,
            (true, true) => Code::Invalid,
            (true, false) => Code::Ok,
        })
    }

    /// Leaves as much time after the last fault as liveness needs, if that leaves a part of the scenario for the faults.
    fn calm_down(&mut self) {
        let calm = self.subject.settles_after_most();
        let end = self.subject.resolved.scenario.duration.as_nanos();
        let window = |weather: &Weather| {
            let (open, close) = weather.open_and_close();
            (open.as_nanos(), close.as_nanos())
        };
        let (open, close) = window(&self.weather);
        let needed = open + (close - open) / LEAST_WINDOW + calm.as_nanos();
        if needed <= end {
            self.weather = self.weather.clone().with_calm_after(calm);
        } else {
            self.is_short = true;
        }
    }

    /// What is checked, in one line.
    fn title(&self) -> String {
        let name = &self.subject.resolved.scenario.name;
        self.router.map_or_else(|| name.clone(), |router| format!("{name}, router {router}"))
    }

    fn jobs(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, NonZero::get);
        self.args.jobs.map_or_else(all, |jobs| jobs as usize)
    }

    /// The directory for pictures and the journal.
    fn out(&self, digest: Fingerprint) -> PathBuf {
        let name = &self.subject.resolved.scenario.name;
        let short: String = digest.to_string().chars().take(8).collect();
        match (&self.args.out, self.router) {
            (None, _) => Path::new("out").join(format!("check-{}-{short}", file_word(name))),
            (Some(out), Some(router)) if self.args.routers.len() > 1 => out.join(router.replace('=', "-")),
            (Some(out), _) => out.clone(),
        }
    }

    /// Opens the journal of a search, which another build of this program does not go on with.
    fn journal(&self, out: &Path, search: Fingerprint) -> Result<FileJournal, Failure> {
        let path = out.join(JOURNAL);
        let io = |error: std::io::Error| match error.kind() {
            ErrorKind::ResourceBusy => Failure::Request {
                message: format!("the same search is going on already, in {}", out.display()),
                hint: "wait for it, or give another --out".to_owned(),
            },
            ErrorKind::InvalidData => Failure::Request {
                message: format!("{} is there and is no journal of a search", path.display()),
                hint: "give another --out, or remove it first".to_owned(),
            },
            _ => Failure::Io { what: "write", path: path.clone(), error },
        };
        let mut digest = search;
        digest.mix(journal::program().map_err(io)?.value());
        let journal = FileJournal::open(&path, digest).map_err(io)?;
        match journal.resumed() {
            0 => {}
            runs => eprintln!("continuing after {runs} runs, from {}", path.display()),
        }
        Ok(journal)
    }

    /// The command that runs a script again.
    fn repro(&self, script: &Path) -> String {
        // A program of somebody's own has another name.
        let program = std::env::args_os().next().map(PathBuf::from);
        let program = program.as_deref().and_then(Path::file_stem).and_then(|name| name.to_str());
        let program = program.unwrap_or("sandbox");
        let mut line = format!("{program} run {}", quoted(&self.args.scenario.display().to_string()));
        let mut flag = |name: &str, value: &str| line.push_str(&format!(" {name} {}", quoted(value)));
        self.args.sets.iter().for_each(|set| flag("--set", set));
        if let Some(router) = self.router {
            flag("--router", router);
        }
        flag("--script", &script.display().to_string());
        line
    }

    fn promises(&self, chosen: &Chosen, findings: &[Finding], searched: bool) -> Vec<Promise> {
        let name = &self.subject.resolved.scenario.name;
        let owner = self.router.map_or_else(|| name.clone(), |router| format!("{name}/{router}"));
        let promise = |name: &str, outcome| Promise { owner: owner.clone(), name: name.to_owned(), outcome };
        let broken = |finding: &Finding| Outcome::Broken {
            sentence: finding.told.sentence.clone(),
            repro: finding.told.repro.clone(),
            script: finding.told.script.clone(),
        };
        let held = chosen.names();
        let mut promises: Vec<Promise> = Vec::new();
        for name in &held {
            let outcome = match findings.iter().find(|finding| finding.told.name == *name) {
                Some(finding) => broken(finding),
                None if !searched => Outcome::Unknown("nothing was searched".to_owned()),
                None => Outcome::Kept,
            };
            promises.push(promise(name, outcome));
        }
        // Runs that come to no end have broken what nobody thinks of asking for.
        let others = findings.iter().filter(|finding| !held.contains(&finding.told.name));
        promises.extend(others.map(|finding| promise(&finding.told.name, broken(finding))));
        let unsaid = "it says nothing of this scenario";
        promises.extend(chosen.silent.iter().map(|name| promise(name, Outcome::Unknown(unsaid.to_owned()))));
        promises
    }

    fn annotate(&self, findings: &[Finding]) {
        if self.args.annotations.is_none() {
            return;
        }
        let text = std::fs::read_to_string(&self.args.scenario).unwrap_or_default();
        let file = self.args.scenario.display().to_string();
        for finding in findings {
            let line = choose::line_of(&text, &finding.told.name, self.router);
            let message = format!("{}\n{}", finding.told.sentence, finding.told.repro);
            println!("{}", github_error(&file, line, &format!("{} is broken", finding.told.name), &message));
        }
    }
}

/// The search is over: the journal goes, and its directory if nothing else is in it.
fn end(journal: FileJournal, out: &Path) -> Result<(), Failure> {
    journal.remove().map_err(Failure::io("remove", &out.join(JOURNAL)))?;
    // It stays if there are pictures in it.
    let _ = std::fs::remove_dir(out);
    Ok(())
}

const JOURNAL: &str = "journal";

/// Faults keep at least one of so many parts of the time that they have in a scenario of any length.
const LEAST_WINDOW: u64 = 4;

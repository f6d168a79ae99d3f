//! What was judged so far, so that a search that was killed goes on where it was.
//!
//! A journal is a file of lines. The first names the search; each of the others is one run that was judged, under a key
//! that follows from the script and from what it was judged by. A line is written in one piece as soon as its run is
//! over; a torn last line is as good as none.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use fs4::TryLockError;
use sandbox_core::{Fingerprint, Time};
use serde::{Deserialize, Serialize};

use crate::Sights;
use crate::properties::Broken;

/// What is noted of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Noted {
    /// What it broke.
    pub broken: Option<Broken>,
    /// What the metric came to that is searched for.
    pub metric: Option<f64>,
    /// What was seen of it.
    pub sights: Sights,
}

/// Remembers runs that were judged.
pub trait Journal: Send {
    /// What was noted under this key.
    fn known(&self, key: u64) -> Option<Noted>;

    /// Notes a run.
    ///
    /// # Errors
    /// If it cannot be written down.
    fn note(&mut self, key: u64, noted: &Noted) -> io::Result<()>;
}

/// A journal that is gone when the program ends.
#[derive(Clone, Default, Debug)]
pub struct MemoryJournal {
    noted: BTreeMap<u64, Noted>,
}

impl Journal for MemoryJournal {
    fn known(&self, key: u64) -> Option<Noted> {
        self.noted.get(&key).cloned()
    }

    fn note(&mut self, key: u64, noted: &Noted) -> io::Result<()> {
        self.noted.insert(key, noted.clone());
        Ok(())
    }
}

/// A journal in a file.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    file: File,
    /// Part of each key: what another search, still at it, writes into the same file is not taken for one's own.
    digest: u64,
    known: MemoryJournal,
    resumed: usize,
}

/// First words of a journal; another layout has another number.
const MAGIC: &str = "sandbox-check journal 1";
/// Letters that all layouts have in common.
const ANY_MAGIC: usize = MAGIC.len() - 1;

impl FileJournal {
    /// Opens the journal of a search, or begins it: a file of another search, or none, begins anew.
    ///
    /// `digest` names the search and everything that decides what its runs come to. That includes the program itself
    /// ([`program`]), whose strategies may have changed.
    ///
    /// The file is locked until the journal is dropped, however the program ends.
    ///
    /// # Errors
    /// If the file can be neither read nor written; [`ResourceBusy`](io::ErrorKind::ResourceBusy) if another search holds
    /// it; [`InvalidData`](io::ErrorKind::InvalidData) if it is something else than a journal, and then it stays as it is.
    pub fn open(path: &Path, digest: Fingerprint) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        fs4::FileExt::try_lock(&file).map_err(|error| match error {
            TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "another search writes it")
            }
            TryLockError::Error(error) => error,
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let magic = &MAGIC.as_bytes()[..bytes.len().min(ANY_MAGIC)];
        if !bytes.starts_with(magic) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is there and is no journal"));
        }
        let header = format!("{MAGIC} {digest}\n");
        let mut known = MemoryJournal::default();
        let mut whole = 0;
        if bytes.starts_with(header.as_bytes()) {
            whole = header.len();
            for line in bytes[whole..].split_inclusive(|&byte| byte == b'\n') {
                // What does not end in a line end was being written when the search was killed.
                let Some((key, noted)) = read_line(line) else { break };
                known.noted.insert(key ^ digest.value(), noted);
                whole += line.len();
            }
        }
        file.set_len(whole as u64)?;
        if whole == 0 {
            file.write_all(header.as_bytes())?;
        }
        let resumed = known.noted.len();
        Ok(Self { path: path.to_owned(), file, digest: digest.value(), known, resumed })
    }

    /// How many runs were known when it was opened.
    #[must_use]
    pub const fn resumed(&self) -> usize {
        self.resumed
    }

    /// The search is over: there is nothing to go on with.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn remove(self) -> io::Result<()> {
        // Before the lock is gone, so that nobody's journal but this one is removed.
        match fs::remove_file(&self.path) {
            // Whoever removes what is in use has removed this, too.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            ended => ended,
        }
    }
}

impl Journal for FileJournal {
    fn known(&self, key: u64) -> Option<Noted> {
        self.known.known(key)
    }

    fn note(&mut self, key: u64, noted: &Noted) -> io::Result<()> {
        self.file.write_all(&write_line(key ^ self.digest, noted))?;
        self.known.note(key, noted)
    }
}

/// Fingerprint of the program that runs: another build may judge otherwise.
///
/// # Errors
/// If its file cannot be read.
pub fn program() -> io::Result<Fingerprint> {
    let mut program = Fingerprint::new();
    program.mix_bytes(&fs::read(std::env::current_exe()?)?);
    Ok(program)
}

/// One line. Numbers whose every bit counts are written in hexadecimal.
#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    broken: Option<BrokenLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    beliefs: Vec<u8>,
    outcomes: u8,
    causes: u16,
}

#[derive(Serialize, Deserialize)]
struct BrokenLine {
    property: String,
    at: Option<u64>,
    request: Option<(usize, u64)>,
    what: String,
}

fn write_line(key: u64, noted: &Noted) -> Vec<u8> {
    let broken = noted.broken.clone().map(|Broken { property, at, request, what }| BrokenLine {
        property,
        at: at.map(Time::as_nanos),
        request,
        what,
    });
    let Sights { beliefs, outcomes, causes } = noted.sights.clone();
    let metric = noted.metric.map(|value| format!("{:016x}", value.to_bits()));
    let line = Line { key: format!("{key:016x}"), broken, metric, beliefs, outcomes, causes };
    let mut line = serde_json::to_vec(&line).expect("a line is plain data");
    line.push(b'\n');
    line
}

fn read_line(line: &[u8]) -> Option<(u64, Noted)> {
    let line: Line = serde_json::from_slice(line.strip_suffix(b"\n")?).ok()?;
    let broken = line.broken.map(|BrokenLine { property, at, request, what }| Broken {
        property,
        at: at.map(Time::from_nanos),
        request,
        what,
    });
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let metric = match line.metric {
        Some(bits) => Some(f64::from_bits(hex(&bits)?)),
        None => None,
    };
    let Line { beliefs, outcomes, causes, .. } = line;
    Some((hex(&line.key)?, Noted { broken, metric, sights: Sights { beliefs, outcomes, causes } }))
}

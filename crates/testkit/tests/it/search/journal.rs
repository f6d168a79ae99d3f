//! A search that is killed at any moment goes on where it was.

use std::fs;
use std::io;

use sandbox_core::Fingerprint;
use sandbox_routers::Registry;
use sandbox_testkit::search::{FileJournal, Journal, MemoryJournal, Noted, check};

use super::{NEVER_FAILS, check_of, small};

/// Counts what is written down, and what of it was known already.
struct Counting<J> {
    journal: J,
    noted: usize,
    twice: usize,
}

impl<J: Journal> Journal for Counting<J> {
    fn known(&self, key: u64) -> Option<Noted> {
        self.journal.known(key)
    }

    fn note(&mut self, key: u64, noted: &Noted) -> io::Result<()> {
        if let Some(known) = self.journal.known(key) {
            assert_eq!(&known, noted, "the same run comes to something else");
            self.twice += 1;
        }
        self.noted += 1;
        self.journal.note(key, noted)
    }
}

#[test]
fn it_comes_to_the_same_from_every_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let check_of = check_of(small(&["duration=90s"], Registry::default()), &[NEVER_FAILS], 40);
    let search = |path: &std::path::Path| {
        let journal = FileJournal::open(path, check_of.digest()).expect("it opens");
        let resumed = journal.resumed();
        let mut journal = Counting { journal, noted: 0, twice: 0 };
        let found = check(&check_of, &mut journal, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(journal.twice, 0, "a run that was known was made again");
        (found, resumed, journal.noted)
    };
    let (whole, _, runs) = search(&path);
    assert_eq!(whole.counterexamples.len(), 1);
    let bytes = fs::read(&path).expect("it was written");
    assert_eq!(bytes.iter().filter(|&&byte| byte == b'\n').count(), 1 + runs);
    let ends: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] == b'\n').map(|at| at + 1).collect();
    for (line, &end) in ends.iter().enumerate() {
        // Killed in the middle of the next line.
        fs::write(&path, &bytes[..(end + 20).min(bytes.len())]).expect("it is cut");
        // Every whole line is known, and nothing known is run again.
        let (found, resumed, _) = search(&path);
        assert_eq!((&found, resumed), (&whole, line));
    }
}

#[test]
fn it_is_whole_up_to_every_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let check_of = check_of(small(&["duration=90s"], Registry::default()), &[NEVER_FAILS], 40);
    let digest = check_of.digest();
    let mut journal = FileJournal::open(&path, digest).expect("it opens");
    check(&check_of, &mut journal, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    drop(journal);
    let bytes = fs::read(&path).expect("it was written");
    for cut in 0..=bytes.len() {
        fs::write(&path, &bytes[..cut]).expect("it is cut");
        let lines = bytes[..cut].iter().filter(|&&byte| byte == b'\n').count();
        let journal = FileJournal::open(&path, digest).expect("it opens");
        assert_eq!(journal.resumed(), lines.saturating_sub(1), "{cut}");
        let left = fs::read(&path).expect("it is there");
        assert!(bytes.starts_with(&left) && left.ends_with(b"\n"), "{cut}");
    }
    // Another search begins anew.
    let other = FileJournal::open(&path, Fingerprint::new()).expect("it opens");
    assert_eq!(other.resumed(), 0);
    other.remove().expect("it is there");
    assert!(!path.exists());
}

#[test]
fn two_threads_come_to_what_one_does_and_know_what_it_knew() {
    let mut check_of = check_of(small(&["duration=90s"], Registry::default()), &[NEVER_FAILS], 40);
    let mut journal = Counting { journal: MemoryJournal::default(), noted: 0, twice: 0 };
    let one = check(&check_of, &mut journal, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(journal.twice, 0);
    check_of.jobs = 2;
    let again = check(&check_of, &mut journal, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again, one);
}

fn metric(metric: f64) -> Noted {
    Noted { broken: None, metric: Some(metric), sights: Default::default() }
}

#[test]
fn one_search_at_a_time_writes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let mut first = FileJournal::open(&path, Fingerprint::new()).expect("it opens");
    first.note(7, &metric(1.0)).expect("it is written");
    let second = FileJournal::open(&path, Fingerprint::new()).map(|_| ()).map_err(|error| error.kind());
    assert_eq!(second, Err(io::ErrorKind::ResourceBusy));
    drop(first);
    let again = FileJournal::open(&path, Fingerprint::new()).expect("nobody writes it any more");
    assert_eq!(again.known(7), Some(metric(1.0)));
}

#[test]
fn what_another_search_has_written_is_not_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let (mut one, mut other) = (Fingerprint::new(), Fingerprint::new());
    one.mix(1);
    other.mix(2);
    let mut first = FileJournal::open(&path, one).expect("it opens");
    first.note(7, &metric(1.0)).expect("it is written");
    drop(first);
    // A line that strayed into the other's journal, as where a file system knows no locks.
    let stray = fs::read_to_string(&path).expect("it is there").replace(&one.to_string(), &other.to_string());
    fs::write(&path, stray).expect("it is written");
    let second = FileJournal::open(&path, other).expect("it opens");
    assert_eq!((second.resumed(), second.known(7)), (1, None));
}

//! A search that is killed at any moment goes on where it was.

use std::fs;
use std::io;

use sandbox_core::Fingerprint;
use sandbox_routers::Registry;
use sandbox_testkit::search::{FileJournal, Journal, MemoryJournal, Noted, check};

use super::{NEVER_FAILS, check_of, small};

/// Counts what is written down, and what is asked for and known.
struct Counting<J> {
    journal: J,
    noted: usize,
}

impl<J: Journal> Journal for Counting<J> {
    fn known(&self, key: u64) -> Option<Noted> {
        self.journal.known(key)
    }

    fn note(&mut self, key: u64, noted: &Noted) -> io::Result<()> {
        assert_eq!(self.journal.known(key), None, "a run that was known was made again");
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
        let mut journal = Counting { journal, noted: 0 };
        let found = check(&check_of, &mut journal, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
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
        // Every whole line is known, and `Counting` sees to it that nothing known is run again.
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
fn two_threads_run_no_more_twice_than_were_at_it() {
    let mut check_of = check_of(small(&["duration=90s"], Registry::default()), &[NEVER_FAILS], 40);
    let mut journal = Counting { journal: MemoryJournal::default(), noted: 0 };
    let one = check(&check_of, &mut journal, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    check_of.jobs = 2;
    let again = check(&check_of, &mut journal, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again, one);
}

#[test]
fn what_another_search_writes_into_it_is_not_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    let (mut one, mut other) = (Fingerprint::new(), Fingerprint::new());
    one.mix(1);
    other.mix(2);
    let noted = |metric| Noted { broken: None, metric: Some(metric), sights: Default::default() };
    let mut first = FileJournal::open(&path, one).expect("it opens");
    first.note(7, &noted(1.0)).expect("it is written");
    // The other one begins anew while the first one is still at it.
    let mut second = FileJournal::open(&path, other).expect("it opens");
    first.note(8, &noted(1.0)).expect("it is written");
    second.note(9, &noted(2.0)).expect("it is written");
    let again = FileJournal::open(&path, other).expect("it opens");
    assert_eq!((again.known(8), again.known(9)), (None, Some(noted(2.0))));
    // Whoever comes second finds nothing to remove.
    first.remove().expect("it is there");
    again.remove().expect("it need not be there");
}

//! A directory with a log in it, and the short words in which the tests speak of both.

use std::path::{Path, PathBuf};

use forebay_log::testing::Faults;
use forebay_log::{Log, LogError, Options, Recovered};

/// Headers as the format has them.
pub const SEGMENT_HEADER_BYTES: u64 = 28;
pub const ENTRY_HEADER_BYTES: u64 = 28;

pub struct Scratch {
    dir: tempfile::TempDir,
    segment_bytes: u64,
    pub faults: Faults,
}

impl Scratch {
    pub fn new(segment_bytes: u64) -> Scratch {
        Scratch { dir: tempfile::tempdir().unwrap(), segment_bytes, faults: Faults::new() }
    }

    /// A directory whose log holds these entries, each synced.
    pub fn with(segment_bytes: u64, entries: &[&str]) -> Scratch {
        let scratch = Scratch::new(segment_bytes);
        let mut log = scratch.open();
        for entry in entries {
            log.append(&[entry.as_bytes()]).unwrap();
            log.sync().unwrap();
        }
        scratch
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    pub fn try_open(&self) -> Result<(Log, Recovered), LogError> {
        let options =
            Options { segment_bytes: self.segment_bytes, holder: None, faults: Some(self.faults.clone()) };
        Log::open(self.path(), options)
    }

    pub fn open(&self) -> Log {
        self.try_open().unwrap().0
    }

    /// Paths of the segments, oldest first.
    pub fn segments(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(self.path())
            .unwrap()
            .map(|item| item.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ext| ext == "log"))
            .collect();
        paths.sort();
        paths
    }

    /// The message with which the log does not open. The directory reads `DIR`.
    pub fn refusal(&self) -> String {
        match self.try_open() {
            Ok((_, recovered)) => panic!("it opened: {recovered:?}"),
            Err(error) => self.text(&error),
        }
    }

    /// An error as text, with `DIR` for the directory.
    pub fn text(&self, error: &LogError) -> String {
        error.to_string().replace(self.path().to_str().unwrap(), "DIR")
    }
}

/// The log's entries as `SEQUENCE:TEXT` with blanks between.
pub fn text(log: &Log) -> String {
    text_from(log, 0)
}

pub fn text_from(log: &Log, sequence: u64) -> String {
    let entries = log.entries_from(sequence).map(|entry| {
        let entry = entry.unwrap();
        format!("{}:{}", entry.sequence, String::from_utf8(entry.bytes).unwrap())
    });
    entries.collect::<Vec<_>>().join(" ")
}

pub fn append(log: &mut Log, entries: &[&str]) {
    for entry in entries {
        log.append(&[entry.as_bytes()]).unwrap();
    }
}

/// Rewrites a file by way of `change`.
pub fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

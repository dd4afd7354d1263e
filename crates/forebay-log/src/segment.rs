//! One file of the log: how it is named, made and read from its beginning.

use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use crate::LogError;
use crate::disk::{self, Disk};
use crate::format::{
    ENTRY_HEADER_BYTES, EntryHeader, SEGMENT_HEADER_BYTES, SegmentHeader, checksum, sequence_at,
};

const EXTENSION: &str = "log";
/// As many as a `u64` can have, so that names sort as numbers do.
const NAME_DIGITS: usize = 20;

/// What the log knows of a segment: its file holds the entries `first..next` and nothing else.
#[derive(Clone, Debug)]
pub struct Segment {
    pub path: PathBuf,
    pub first: u64,
    pub next: u64,
    pub bytes: u64,
}

impl Segment {
    pub fn is_empty(&self) -> bool {
        self.next == self.first
    }

    /// The segments in `dir`, oldest first, as (first sequence by name, path).
    pub fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, LogError> {
        let named = disk::files(dir, EXTENSION)?;
        let first = |stem: &str| if stem.len() == NAME_DIGITS { stem.parse().ok() } else { None };
        Ok(named.into_iter().filter_map(|(stem, path)| Some((first(&stem)?, path))).collect())
    }
}

/// The newest segment, open for appending.
#[derive(Debug)]
pub struct Active {
    pub segment: Segment,
    pub salt: u64,
    pub file: File,
}

impl Active {
    /// A new segment whose first entry will be `first`; durable before it returns.
    pub fn create(disk: &Disk, dir: &Path, first: u64) -> Result<Active, LogError> {
        // Not secret, only different from what a payload could know: the standard library's hash keys are
        // random.
        let header = SegmentHeader { first, salt: RandomState::new().hash_one(first) };
        let path = dir.join(format!("{first:0NAME_DIGITS$}.{EXTENSION}"));
        let file = disk.publish(&path, &header.encode(), &[])?;
        let segment = Segment { path, first, next: first, bytes: SEGMENT_HEADER_BYTES as u64 };
        Ok(Active { segment, salt: header.salt, file })
    }
}

/// What stands at a reader's position.
pub enum Step {
    Entry(EntryHeader),
    End,
    /// No whole entry, and why; the reader stays before it.
    Bad(&'static str),
}

/// Reads the entries of a segment in order.
#[derive(Debug)]
pub struct SegmentReader {
    pub path: PathBuf,
    pub header: SegmentHeader,
    /// Offset of the next entry.
    pub at: u64,
    /// Sequence of the next entry.
    pub next: u64,
    /// Length of the file when it was opened.
    pub length: u64,
    file: BufReader<File>,
}

impl SegmentReader {
    pub fn open(path: &Path) -> Result<SegmentReader, LogError> {
        let file = File::open(path).map_err(|e| LogError::io("open", path, e))?;
        let length = file.metadata().map_err(|e| LogError::io("read", path, e))?.len();
        if length < SEGMENT_HEADER_BYTES as u64 {
            return Err(LogError::corrupt(path, 0, "it is shorter than a segment header"));
        }
        let mut file = BufReader::with_capacity(64 << 10, file);
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        file.read_exact(&mut bytes).map_err(|e| LogError::io("read", path, e))?;
        let header = SegmentHeader::decode(&bytes).map_err(|no| no.at(path, "segment"))?;
        let at = SEGMENT_HEADER_BYTES as u64;
        Ok(SegmentReader { path: path.to_path_buf(), header, at, next: header.first, length, file })
    }

    /// Takes the next entry, its payload into `payload`. After `Bad` the reader is of no more use but for
    /// [`witness`](Self::witness).
    pub fn step(&mut self, payload: &mut Vec<u8>) -> Result<Step, LogError> {
        let left = self.length - self.at;
        if left == 0 {
            return Ok(Step::End);
        }
        if left < ENTRY_HEADER_BYTES as u64 {
            return Ok(Step::Bad("its header is cut short"));
        }
        let mut bytes = [0; ENTRY_HEADER_BYTES];
        self.read(&mut bytes)?;
        let Some(header) = EntryHeader::decode(&bytes, self.header.salt) else {
            return Ok(Step::Bad("its header fails its checksum"));
        };
        if header.sequence != self.next {
            return Ok(Step::Bad("another entry stands in its place"));
        }
        if left - (ENTRY_HEADER_BYTES as u64) < u64::from(header.length) {
            return Ok(Step::Bad("its payload is cut short"));
        }
        payload.resize(header.length as usize, 0);
        self.read(payload)?;
        if checksum(&[payload]) != header.payload_checksum {
            return Ok(Step::Bad("its payload fails its checksum"));
        }
        self.at += (ENTRY_HEADER_BYTES + payload.len()) as u64;
        self.next += 1;
        Ok(Step::Entry(header))
    }

    /// After `Bad`: a later entry in this file that says that the bad one was durable. Nothing but an entry's
    /// own header can be trusted to say where the next one begins, so every offset is tried.
    pub fn witness(self) -> Result<Option<u64>, LogError> {
        use std::os::unix::fs::FileExt as _;
        let (bad, salt) = (self.next, self.header.salt);
        let mut rest = vec![0; (self.length - self.at) as usize];
        self.file
            .into_inner()
            .read_exact_at(&mut rest, self.at)
            .map_err(|e| LogError::io("read", &self.path, e))?;
        let possible = bad + 1..=bad + (rest.len() / ENTRY_HEADER_BYTES) as u64;
        Ok(rest
            .windows(ENTRY_HEADER_BYTES)
            .filter_map(|window| <&[u8; ENTRY_HEADER_BYTES]>::try_from(window).ok())
            .filter(|window| possible.contains(&sequence_at(window)))
            .filter_map(|window| EntryHeader::decode(window, salt))
            .find(|header| header.durable > bad)
            .map(|header| header.sequence))
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), LogError> {
        self.file.read_exact(into).map_err(|e| LogError::io("read", &self.path, e))
    }
}

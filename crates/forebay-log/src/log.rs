//! The log as its one writer uses it.
//!
//! Invariants: the newest segment's file ends with its last whole entry; every older segment is synced; once
//! `broken` is set, nothing is written or given out any more.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::disk::{self, Disk};
use crate::entries::Entries;
use crate::format::{ENTRY_HEADER_BYTES, EntryHeader, checksum};
use crate::held::Held;
use crate::lock::DirLock;
use crate::recovery::{Found, Recovered};
use crate::segment::{Active, Segment};
use crate::testing::Faults;
use crate::{LogError, blob};

/// How a log is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// A segment that would grow past this is closed and another one begun. An entry is never split.
    pub segment_bytes: u64,
    /// The process that a second one is told to stop, where that is not this one: a worker names its parent.
    pub holder: Option<u32>,
    /// For tests.
    pub faults: Option<Faults>,
}

impl Default for Options {
    fn default() -> Options {
        Options { segment_bytes: 64 << 20, holder: None, faults: None }
    }
}

/// An append-only log in a directory of its own, held by this process.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    disk: Disk,
    segment_bytes: u64,
    /// All segments but the newest, oldest first.
    closed: VecDeque<Segment>,
    active: Active,
    /// Entries below it are synced.
    durable: u64,
    broken: Option<Broken>,
    lock: DirLock,
}

/// The sync that failed.
#[derive(Clone, Debug)]
struct Broken {
    path: PathBuf,
    why: String,
}

impl Log {
    /// Locks the directory (made where it is missing), verifies every entry and cuts a torn end. All that is
    /// there afterwards is durable.
    pub fn open(dir: impl Into<PathBuf>, options: Options) -> Result<(Log, Recovered), LogError> {
        let (mut log, recovered) = Held::take(dir, options)?.open()?;
        log.begin();
        Ok((log, recovered))
    }

    /// The directory is this process's from here on, and says so when it has ended. To be called before the first write to a log
    /// that was [held](Held) before.
    pub fn begin(&mut self) {
        self.lock.begin();
    }

    pub(crate) fn of(dir: PathBuf, disk: Disk, segment_bytes: u64, found: Found, lock: DirLock) -> Log {
        Log {
            dir,
            disk,
            segment_bytes,
            durable: found.active.segment.next,
            closed: found.closed,
            active: found.active,
            broken: None,
            lock,
        }
    }

    /// Writes one entry, the parts one after the other, and returns its sequence. It is durable after the
    /// next [`sync`](Self::sync). After an error the log is as it was before.
    pub fn append(&mut self, parts: &[&[u8]]) -> Result<u64, LogError> {
        self.usable()?;
        let payload_bytes = disk::total(&[], parts);
        let length = u32::try_from(payload_bytes).map_err(|_| LogError::Unfit {
            what: format!("an entry of {payload_bytes} bytes: 4 GiB is the limit"),
        })?;
        let bytes = payload_bytes + ENTRY_HEADER_BYTES as u64;
        self.make_room(bytes)?;
        let Active { segment, salt, file } = &mut self.active;
        let header = EntryHeader {
            length,
            payload_checksum: checksum(parts),
            sequence: segment.next,
            durable: self.durable,
        };
        let written = self.disk.append(file, &header.encode(*salt), parts);
        if let Err(error) = written {
            let error = LogError::write(&segment.path, bytes, error);
            let cut = self.disk.truncate(file, segment.bytes);
            let why = |e| format!("{error}; and what was written of it could not be cut off: {e}");
            let cut = cut.map_err(|e| LogError::SyncFailed { path: segment.path.clone(), why: why(e) });
            self.guard(cut)?;
            return Err(error);
        }
        segment.bytes += bytes;
        segment.next += 1;
        Ok(header.sequence)
    }

    /// When it returns, every entry appended before is durable.
    pub fn sync(&mut self) -> Result<(), LogError> {
        self.usable()?;
        if self.durable < self.next() {
            let synced = self.disk.sync(&self.active.file, &self.active.segment.path);
            self.guard(synced)?;
            self.durable = self.next();
        }
        Ok(())
    }

    /// Deletes the segments whose entries all have a sequence below `sequence`, but never the newest one.
    /// Returns how many.
    pub fn remove_before(&mut self, sequence: u64) -> Result<usize, LogError> {
        self.usable()?;
        let mut removed = 0;
        while let Some(oldest) = self.closed.front().filter(|oldest| oldest.next <= sequence) {
            self.disk.remove(&oldest.path)?;
            self.closed.pop_front();
            removed += 1;
            // After each one: names that vanish out of order would leave a hole.
            let synced = self.disk.sync_dir(&self.dir);
            self.guard(synced)?;
        }
        Ok(removed)
    }

    /// All entries that are in the log now, oldest first, read as they are asked for.
    pub fn entries(&self) -> Entries {
        self.entries_from(0)
    }

    /// The entries from `sequence` on.
    pub fn entries_from(&self, sequence: u64) -> Entries {
        match self.usable() {
            Ok(()) => Entries::new(self.all(), sequence),
            Err(error) => Entries::failed(error),
        }
    }

    /// Sequence of the oldest entry that is kept; [`next`](Self::next) when there is none.
    pub fn first(&self) -> u64 {
        self.closed.front().unwrap_or(&self.active.segment).first
    }

    /// The sequence that the next entry will get. The first entry of a log has 1.
    pub fn next(&self) -> u64 {
        self.active.segment.next
    }

    /// Size of all segments.
    pub fn bytes(&self) -> u64 {
        self.all().map(|segment| segment.bytes).sum()
    }

    pub fn segments(&self) -> usize {
        self.closed.len() + 1
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a blob, the parts one after the other, in place of what had its name. When it returns the blob
    /// is durable; after an error the one before it is still there, unless only the sync of the name failed.
    pub fn put_blob(&mut self, name: &str, parts: &[&[u8]]) -> Result<(), LogError> {
        self.usable()?;
        let put = blob::put(&self.disk, &self.dir, name, parts);
        self.guard(put)
    }

    /// The blob as it was written, or None when there is none of that name.
    pub fn get_blob(&self, name: &str) -> Result<Option<Vec<u8>>, LogError> {
        self.usable()?;
        blob::get(&self.dir, name)
    }

    /// Names of all blobs, sorted.
    pub fn blobs(&self) -> Result<Vec<String>, LogError> {
        self.usable()?;
        blob::list(&self.dir)
    }

    /// Removes a blob, durably; says whether there was one.
    pub fn remove_blob(&mut self, name: &str) -> Result<bool, LogError> {
        self.usable()?;
        let removed = blob::remove(&self.disk, &self.dir, name);
        self.guard(removed)
    }

    /// Begins another segment where the newest has no room for `bytes` more.
    fn make_room(&mut self, bytes: u64) -> Result<(), LogError> {
        let newest = &self.active.segment;
        if newest.is_empty() || newest.bytes + bytes <= self.segment_bytes {
            return Ok(());
        }
        self.sync()?;
        let created = Active::create(&self.disk, &self.dir, self.next());
        let created = self.guard(created)?;
        let before = std::mem::replace(&mut self.active, created);
        self.closed.push_back(before.segment);
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &Segment> {
        self.closed.iter().chain([&self.active.segment])
    }

    fn usable(&self) -> Result<(), LogError> {
        match &self.broken {
            None => Ok(()),
            Some(Broken { path, why }) => Err(LogError::SyncFailed { path: path.clone(), why: why.clone() }),
        }
    }

    /// Passes a result on; a failed sync is the last thing that this log does.
    fn guard<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        if let Err(LogError::SyncFailed { path, why }) = &result {
            self.broken = Some(Broken { path: path.clone(), why: why.clone() });
        }
        result
    }
}

//! A directory that is held and not used yet: whoever has more to look at before it begins can let go of it again, and
//! nothing was made, changed or removed.

use std::path::PathBuf;

use crate::disk::Disk;
use crate::lock::DirLock;
use crate::recovery::{self, Recovered};
use crate::{Log, LogError, Options};

#[derive(Debug)]
pub struct Held {
    dir: PathBuf,
    disk: Disk,
    segment_bytes: u64,
    lock: DirLock,
}

impl Held {
    /// Locks a directory. It is made where it is missing, and removed again with this value.
    pub fn take(dir: impl Into<PathBuf>, options: Options) -> Result<Held, LogError> {
        let dir = dir.into();
        let disk = Disk::new(options.faults);
        let lock = DirLock::take(&disk, &dir, options.holder.unwrap_or_else(std::process::id))?;
        Ok(Held { dir, disk, segment_bytes: options.segment_bytes, lock })
    }

    /// Verifies every entry and cuts a torn end. All that is there afterwards is durable. Until the log [begins](Log::begin)
    /// to be used, it can be let go of as well.
    pub fn open(self) -> Result<(Log, Recovered), LogError> {
        let Held { dir, disk, segment_bytes, mut lock } = self;
        let found = recovery::recover(&disk, &dir)?;
        lock.keep();
        let recovered = found.recovered;
        Ok((Log::of(dir, disk, segment_bytes, found, lock), recovered))
    }

    /// Removes all entries and blobs, and opens what is an empty log then.
    pub fn open_empty(self) -> Result<Log, LogError> {
        recovery::forget(&self.disk, &self.dir)?;
        let (mut log, _) = self.open()?;
        log.begin();
        Ok(log)
    }
}

//! What opening a log does with what it finds: verify everything, cut a torn end, refuse damage, and make
//! durable what has no witness of being so.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::path::Path;

use crate::disk::{self, Disk, PARTIAL};
use crate::segment::{Active, Segment, SegmentReader, Step};
use crate::{LogError, blob};

/// What was found when a log was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    pub entries: u64,
    /// Bytes of a torn write that were cut off the end. They belonged to no entry that was ever reported
    /// synced.
    pub torn_bytes: u64,
}

/// A verified log.
pub struct Found {
    /// All segments but the newest, oldest first.
    pub closed: VecDeque<Segment>,
    pub active: Active,
    pub recovered: Recovered,
}

/// Removes every entry and blob, newest first: what a crash leaves of them is the beginning of a log.
pub fn forget(disk: &Disk, dir: &Path) -> Result<(), LogError> {
    for (_, path) in Segment::list(dir)?.into_iter().rev() {
        disk.remove(&path)?;
    }
    for name in blob::list(dir)? {
        blob::remove(disk, dir, &name)?;
    }
    disk.sync_dir(dir)
}

pub fn recover(disk: &Disk, dir: &Path) -> Result<Found, LogError> {
    for (_, leftover) in disk::files(dir, PARTIAL)? {
        disk.remove(&leftover)?;
    }
    let mut named = Segment::list(dir)?;
    let Some((newest_first, newest_path)) = named.pop() else {
        let active = Active::create(disk, dir, 1)?;
        return Ok(Found { closed: VecDeque::new(), active, recovered: Recovered::default() });
    };
    let mut closed: VecDeque<Segment> = VecDeque::with_capacity(named.len());
    for (first, path) in named {
        let walk = Walk::through(&path, first, closed.back())?;
        if let Some(why) = walk.bad {
            let why = format!(
                "entry {}: {why}, and it was synced before the next segment was made",
                walk.reader.next
            );
            return Err(LogError::corrupt(&path, walk.reader.at, why));
        }
        closed.push_back(walk.segment());
    }
    let walk = Walk::through(&newest_path, newest_first, closed.back())?;
    let torn_bytes = walk.reader.length - walk.reader.at;
    let active = mend(disk, walk)?;
    let first = closed.front().map_or(active.segment.first, |oldest| oldest.first);
    let recovered = Recovered { entries: active.segment.next - first, torn_bytes };
    Ok(Found { closed, active, recovered })
}

fn check_place(path: &Path, named: u64, first: u64, expected: u64) -> Result<(), LogError> {
    if first != named {
        let why = format!("its name says that it begins with entry {named}, its header says {first}");
        return Err(LogError::corrupt(path, 0, why));
    }
    if first != expected {
        let why =
            format!("it begins with entry {first}, but the segment before it ends before entry {expected}");
        return Err(LogError::corrupt(path, 0, why));
    }
    Ok(())
}

/// A segment read to its end, or to the first place that is no whole entry.
struct Walk {
    reader: SegmentReader,
    bad: Option<&'static str>,
    /// Offset from which on no later entry says that what stands there was synced.
    unproven: u64,
}

impl Walk {
    fn through(path: &Path, named: u64, before: Option<&Segment>) -> Result<Walk, LogError> {
        let mut reader = SegmentReader::open(path)?;
        check_place(path, named, reader.next, before.map_or(named, |before| before.next))?;
        let mut payload = Vec::new();
        let mut unproven: VecDeque<(u64, u64)> = VecDeque::new();
        let bad = loop {
            let at = reader.at;
            match reader.step(&mut payload)? {
                Step::Entry(header) => {
                    unproven.push_back((header.sequence, at));
                    while unproven.front().is_some_and(|(sequence, _)| *sequence < header.durable) {
                        unproven.pop_front();
                    }
                }
                Step::End => break None,
                Step::Bad(why) => break Some(why),
            }
        };
        let unproven = unproven.front().map_or(reader.at, |(_, at)| *at);
        Ok(Walk { reader, bad, unproven })
    }

    /// The whole entries that were read.
    fn segment(&self) -> Segment {
        let SegmentReader { path, header, at, next, .. } = &self.reader;
        Segment { path: path.clone(), first: header.first, next: *next, bytes: *at }
    }
}

/// Makes the newest segment end with its last whole entry, durably.
fn mend(disk: &Disk, walk: Walk) -> Result<Active, LogError> {
    let segment = walk.segment();
    let Walk { reader, bad, unproven } = walk;
    let (path, end, length, salt) = (&segment.path, segment.bytes, reader.length, reader.header.salt);
    if let Some(why) = bad
        && let Some(witness) = reader.witness()?
    {
        let why =
            format!("entry {}: {why}, and it had been synced when entry {witness} was written", segment.next);
        return Err(LogError::corrupt(path, end, why));
    }
    if unproven < length {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|e| LogError::io("open", path, e))?;
        disk.rewrite(&file, unproven..end).map_err(|e| LogError::write(path, end - unproven, e))?;
        disk.truncate(&file, end).map_err(|e| LogError::io("cut the torn end of", path, e))?;
        disk.sync(&file, path)?;
    }
    let file = OpenOptions::new().append(true).open(path).map_err(|e| LogError::io("open", path, e))?;
    Ok(Active { segment, salt, file })
}

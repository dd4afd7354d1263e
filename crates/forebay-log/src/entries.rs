//! Reading a log in order, one entry in memory at a time.

use std::collections::VecDeque;

use crate::LogError;
use crate::segment::{Segment, SegmentReader, Step};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub sequence: u64,
    pub bytes: Vec<u8>,
}

/// The entries that were in the log when it was asked. It stands apart from the log, which may be appended to
/// meanwhile. After an error it ends.
#[derive(Debug)]
pub struct Entries {
    /// Entries below it are passed over.
    from: u64,
    /// The entry to read next.
    next: u64,
    /// What is left to read; `reader` reads the first of them.
    segments: VecDeque<Segment>,
    reader: Option<SegmentReader>,
    error: Option<LogError>,
}

impl Entries {
    pub(crate) fn new<'a>(segments: impl Iterator<Item = &'a Segment>, from: u64) -> Entries {
        let segments: VecDeque<Segment> = segments.filter(|segment| segment.next > from).cloned().collect();
        let next = segments.front().map_or(from, |segment| segment.first);
        Entries { from, next, segments, reader: None, error: None }
    }

    pub(crate) fn failed(error: LogError) -> Entries {
        Entries { from: 0, next: 0, segments: VecDeque::new(), reader: None, error: Some(error) }
    }

    fn read(&mut self) -> Result<Option<Entry>, LogError> {
        let mut bytes = Vec::new();
        while let Some(segment) = self.segments.front() {
            if self.next == segment.next {
                self.segments.pop_front();
                self.reader = None;
                continue;
            }
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None => self.reader.insert(SegmentReader::open(&segment.path)?),
            };
            match reader.step(&mut bytes)? {
                Step::Entry(header) if header.sequence == self.next => self.next += 1,
                Step::Entry(_) => return Err(gone(reader, self.next, "another entry stands in its place")),
                Step::End => return Err(gone(reader, self.next, "it is missing")),
                Step::Bad(why) => return Err(gone(reader, self.next, why)),
            }
            let sequence = self.next - 1;
            if sequence >= self.from {
                return Ok(Some(Entry { sequence, bytes }));
            }
        }
        Ok(None)
    }
}

/// Every entry was verified when the log was opened, or written since: now it is something else.
fn gone(reader: &SegmentReader, sequence: u64, why: &str) -> LogError {
    LogError::corrupt(&reader.path, reader.at, format!("entry {sequence}: {why}, and it was whole before"))
}

impl Iterator for Entries {
    type Item = Result<Entry, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.error.take() {
            return Some(Err(error));
        }
        let read = self.read();
        if read.is_err() {
            self.segments.clear();
        }
        read.transpose()
    }
}

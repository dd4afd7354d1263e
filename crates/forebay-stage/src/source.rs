//! A source opens streams; each stream has a reader that fills chunks. Order, times, deadlines, claims and epochs
//! are the engine's, the same for every source.

use std::sync::Arc;

use forebay_batch::{Columns, Raw};
use forebay_types::code::Code;

use crate::Fault;

/// Opens streams.
pub trait Source: Send {
    /// All streams of the source. Called once, before the run.
    fn open(&mut self) -> Result<Vec<Stream>, Fault>;
}

/// A stream that has been opened.
pub struct Stream {
    /// Unique within the source: a file's path, a topic and partition, a camera's id.
    pub name: String,
    pub reader: Box<dyn Reader>,
    /// No event of this stream is later than this (the last change of a file), nanoseconds since 1970; `None` when
    /// the arrival of each record is the bound. With `max_ahead` it tells events from the future.
    pub not_after: Option<i64>,
}

/// Where a stream goes on: saved with each commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Sequence number of the next record.
    pub seq: u64,
    /// Where it begins, in the source's own measure (bytes of the unpacked file).
    pub offset: u64,
}

/// Reads one stream.
pub trait Reader: Send {
    /// Appends up to `max` records to an empty chunk and says what comes next. `now` is the time, nanoseconds since
    /// 1970; a reader knows no other clock. Records of a call that fails come before the failure.
    fn read(&mut self, now: i64, max: usize, chunk: &mut Chunk) -> Result<Read, Fault>;

    /// Goes to a position that it gave before, perhaps in an earlier process.
    fn seek(&mut self, to: Position) -> Result<(), Fault>;

    /// Whether what was read cannot be read again: a pipe. No more than best effort holds for what comes from it.
    fn is_read_once(&self) -> bool {
        false
    }

    /// Says which stream it is, by its content; saved beside positions.
    fn fingerprint(&self) -> String;

    /// Whether positions that were saved with this fingerprint are positions of this stream. A stream that has only
    /// grown is the same one.
    fn matches(&self, saved: &str) -> bool {
        self.fingerprint() == saved
    }
}

/// What a reader has to say beside its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// There may be more at once.
    More,
    /// Nothing before this time, nanoseconds since 1970.
    NotBefore(i64),
    /// The stream has ended. Said together with the last records where that is known: until then they hold back what other
    /// streams have.
    End,
}

/// Records of one stream as a reader fills them in. Row `i` of every part is the same record; a record that could not
/// be read has a row too, with unspecified columns.
#[derive(Default)]
pub struct Chunk {
    /// One group, in the order of the declared columns that are carried.
    pub columns: Option<Arc<Columns>>,
    /// Sequence number of each row.
    pub seqs: Vec<u64>,
    /// Where the record after each row begins, see [`Position::offset`].
    pub ends: Vec<u64>,
    /// When each record arrived, nanoseconds since 1970; empty where that is the time of the call. A record that is
    /// replayed at a pace arrives when it is due, however late it is read.
    pub arrivals: Vec<i64>,
    /// Original bytes of every row where [`Build::keep_raw`](crate::Build::keep_raw) asks for them, otherwise empty.
    pub raw: Raw,
    /// Rows that could not be read.
    pub refused: Vec<Refused>,
}

/// A record that could not be read.
#[derive(Debug)]
pub struct Refused {
    pub row: u32,
    pub code: &'static Code,
    pub reason: String,
}

impl Chunk {
    pub fn rows(&self) -> usize {
        self.seqs.len()
    }

    pub fn clear(&mut self) {
        self.columns = None;
        self.seqs.clear();
        self.ends.clear();
        self.arrivals.clear();
        self.raw.clear();
        self.refused.clear();
    }

    /// The position after a row.
    pub fn position_after(&self, row: usize) -> Position {
        Position { seq: self.seqs[row] + 1, offset: self.ends[row] }
    }
}

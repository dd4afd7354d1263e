//! A source opens streams; each stream has a reader that fills chunks. Order, times, deadlines, claims and epochs
//! are the engine's, the same for every source.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use forebay_batch::{Columns, Raw};
use forebay_types::code::Code;

use crate::Fault;

/// Opens streams.
pub trait Source: Send {
    /// All streams that are there from the start. Called once, before the run.
    fn open(&mut self) -> Result<Vec<Stream>, Fault>;

    /// Where streams were as of the last commit, of this run or an earlier one: before [`open`](Self::open), and after each
    /// commit those that have changed. It must not wait.
    fn committed(&mut self, _streams: &[(&str, Position)]) {}

    /// What has come and gone since the last call. The engine asks when the [bell](crate::Build::bell) was rung; it must not
    /// wait.
    fn changes(&mut self) -> Result<Vec<Change>, Fault> {
        Ok(Vec::new())
    }
}

/// A stream came or goes while the pipeline runs.
pub enum Change {
    Opened(Stream),
    /// Nothing more is taken of it. When everything that was taken is committed, [`Source::committed`] says so and its reader
    /// is dropped.
    Closing(String),
    /// Somebody else has it already: its reader is dropped, and what is not committed of it is done again there.
    Gone(String),
}

/// A stream that has been opened.
pub struct Stream {
    /// Unique within the source: a file's path, a topic and partition, a camera's id.
    pub name: String,
    pub reader: Box<dyn Reader>,
    /// No event of this stream is later than this (the last change of a file), nanoseconds since 1970; `None` when
    /// the arrival of each record is the bound. With `max_ahead` it tells events from the future.
    pub not_after: Option<i64>,
    /// Where it goes on, where the source knows better than what was committed here: others may have read it meanwhile.
    pub begins: Option<Position>,
    /// Records before that which are gone, and why: they count as dropped.
    pub lost: Option<(u64, &'static Code)>,
}

impl Stream {
    /// One that goes on where it was committed, and of which nothing else is known.
    pub fn new(name: impl Into<String>, reader: Box<dyn Reader>) -> Stream {
        Stream { name: name.into(), reader, not_after: None, begins: None, lost: None }
    }
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

    /// How many records are there and have not been read, where somebody keeps count.
    fn lag(&self) -> Option<Arc<AtomicU64>> {
        None
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
    /// Nothing before the [bell](crate::Build::bell) rings.
    Idle,
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
    /// When each record was written where it comes from (its Kafka timestamp), nanoseconds since 1970; empty where nobody says so.
    /// It is the event time where no column is, and bounds what a column may say.
    pub produced: Vec<i64>,
    /// Original bytes of every row where [`Build::keep_raw`](crate::Build::keep_raw) asks for them, otherwise empty.
    pub raw: Raw,
    /// Rows that could not be read.
    pub refused: Vec<Refused>,
    /// Rows that end here because the file says so, with the reason; their columns are unspecified.
    pub absorbed: Vec<(u32, &'static str)>,
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
        self.produced.clear();
        self.raw.clear();
        self.refused.clear();
        self.absorbed.clear();
    }

    /// The position after a row.
    pub fn position_after(&self, row: usize) -> Position {
        Position { seq: self.seqs[row] + 1, offset: self.ends[row] }
    }
}

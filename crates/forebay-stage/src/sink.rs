//! A sink puts records where readers can see them once their epoch is committed.

use forebay_batch::Batch;
use forebay_types::Epoch;
use forebay_types::code::Code;
use forebay_types::end::End;

use crate::{Fault, Gate, Reject};

pub trait Sink: Send {
    /// Writes the selected records. Each one is said to be written or rejected through `cx`.
    fn push(&mut self, cx: &mut SinkCx<'_>, batch: &Batch) -> Result<(), Fault>;

    /// Ends an epoch; `last` when no record will follow it.
    fn seal(&mut self, epoch: Epoch, last: bool) -> Result<Sealed, Fault>;

    /// The epoch is committed: its records may be seen.
    fn committed(&mut self, epoch: Epoch) -> Result<(), Fault>;

    /// Goes back to what the last committed epoch sealed, `None` when there is none: at start, and when an epoch was aborted.
    /// At a start it refuses what would be in its way, and changes nothing that something committed stands on: another
    /// pipeline of the run may keep this one from starting, and then its old state goes on.
    fn restore(&mut self, entry: Option<&[u8]>) -> Result<(), Fault>;

    /// Says when the sink takes no more, for one that may be slower than what comes.
    fn gate(&self) -> Option<Gate> {
        None
    }
}

/// What a sink gives to the commit of an epoch.
pub struct Sealed {
    /// Stands in the commit entry; [`Sink::restore`] gets it back.
    pub entry: Vec<u8>,
    /// Work that has to be done before the commit, away from the lane: syncing a file, waiting for answers. Asked again until it is
    /// done. What is away is waited for and done again from the last commit on; what is fatal, or panics each time, ends the
    /// pipeline.
    pub sync: Option<Box<dyn FnMut() -> Result<Synced, Fault> + Send>>,
}

/// How far the work before a commit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synced {
    Done,
    /// What it waits for has not come: ask again in a moment.
    Waits,
}

/// What a call of a sink can say about records.
pub struct SinkCx<'a> {
    pub now: i64,
    published: End,
    written: u64,
    rejects: &'a mut Vec<Reject>,
}

impl<'a> SinkCx<'a> {
    pub fn new(now: i64, published: End, rejects: &'a mut Vec<Reject>) -> SinkCx<'a> {
        SinkCx { now, published, written: 0, rejects }
    }

    /// The record is written and will be published with its epoch.
    pub fn written(&mut self, batch: &Batch, row: usize) {
        batch.end(row, self.published);
        self.written += 1;
    }

    /// The record cannot be written.
    pub fn reject(&mut self, batch: &Batch, row: usize, code: &'static Code, reason: impl Into<String>) {
        self.rejects.push(Reject::new(batch, row, code, reason));
    }

    /// Records written in this call.
    pub fn count(&self) -> u64 {
        self.written
    }
}

//! What a call of a stage can see and do.

use std::sync::Arc;

use forebay_batch::{Batch, Columns, Header, Rows, RowsRing};
use forebay_types::code::Code;

/// A record that cannot be processed: it ends as rejected and goes to whoever reads `rejected`.
#[derive(Clone, Debug)]
pub struct Reject {
    pub header: Arc<Header>,
    pub row: u32,
    pub code: &'static Code,
    pub reason: String,
}

impl Reject {
    pub fn new(batch: &Batch, row: usize, code: &'static Code, reason: impl Into<String>) -> Reject {
        Reject { header: batch.header().clone(), row: row as u32, code, reason: reason.into() }
    }
}

/// What a call gave; the engine takes it afterwards, so a call that fails has done nothing.
#[derive(Default)]
pub struct Outbox {
    pub emitted: Vec<(usize, Batch)>,
    /// What the input gets before it is handed on, and which rows of it are; `None` where nothing was added.
    added: Option<(Rows, Arc<Columns>)>,
    pub rejects: Vec<Reject>,
    /// Absorbed records, each run with its reason.
    pub absorbed: Vec<(Batch, &'static str)>,
    rows: RowsRing,
}

impl Outbox {
    /// Which rows of the input of the call are handed on, and with what.
    pub fn take_added(&mut self) -> Option<(Rows, Arc<Columns>)> {
        self.added.take()
    }

    /// The columns that were added.
    pub fn added(&self) -> Option<&Arc<Columns>> {
        self.added.as_ref().map(|(_, columns)| columns)
    }

    pub fn clear(&mut self) {
        self.added = None;
        self.emitted.clear();
        self.rejects.clear();
        self.absorbed.clear();
    }
}

/// The context of a call.
pub struct Cx<'a> {
    now: i64,
    out: &'a mut Outbox,
}

impl<'a> Cx<'a> {
    pub fn new(now: i64, out: &'a mut Outbox) -> Cx<'a> {
        Cx { now, out }
    }

    /// Wall-clock time, nanoseconds since 1970. It may choose an answer, never change state.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Hands these rows of the input on with a group of columns: what a stage does that adds columns. The group is over the
    /// input's row space and has the columns of the kind's output that are wanted. At most once a call.
    pub fn add(&mut self, rows: Rows, columns: Arc<Columns>) {
        debug_assert!(self.out.added.is_none(), "one batch a call and port");
        self.out.added = Some((rows, columns));
    }

    /// Hands a batch of another row space on: at most one a call and port (the index into the kind's outputs).
    pub fn emit(&mut self, port: usize, batch: Batch) {
        debug_assert!(self.out.emitted.iter().all(|(p, _)| *p != port), "one batch a call and port");
        self.out.emitted.push((port, batch));
    }

    /// The record cannot be processed. It must not be among what is emitted.
    pub fn reject(&mut self, batch: &Batch, row: usize, code: &'static Code, reason: impl Into<String>) {
        self.out.rejects.push(Reject::new(batch, row, code, reason));
    }

    /// The records end here because the file says so.
    pub fn absorb(&mut self, batch: Batch, reason: &'static str) {
        if !batch.is_empty() {
            self.out.absorbed.push((batch, reason));
        }
    }

    /// The rows of `rows` that `keep` says yes to.
    pub fn filter(&mut self, rows: &Rows, keep: impl FnMut(usize) -> bool) -> Rows {
        self.out.rows.filter(rows, keep)
    }
}

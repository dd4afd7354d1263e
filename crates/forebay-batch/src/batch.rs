//! A batch: a header, groups of columns over the same rows, and a selection.

use std::sync::Arc;

use forebay_types::Addr;
use forebay_types::end::End;
use smallvec::SmallVec;

use crate::{Col, Columns, Header, Rows};

/// The groups of a batch, the first made by the node whose row space it is.
pub type Groups = SmallVec<[Arc<Columns>; 8]>;

/// Records in columns. A clone shares everything and copies nothing.
#[derive(Clone, Debug)]
pub struct Batch {
    header: Arc<Header>,
    groups: Groups,
    rows: Rows,
}

impl Batch {
    /// All rows of a header with one group of columns.
    pub fn new(header: Arc<Header>, columns: Arc<Columns>) -> Batch {
        let rows = Rows::Range(0, header.rows() as u32);
        Batch { header, groups: SmallVec::from_iter([columns]), rows }
    }

    pub fn header(&self) -> &Arc<Header> {
        &self.header
    }

    pub fn groups(&self) -> &[Arc<Columns>] {
        &self.groups
    }

    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The number of selected records.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn col(&self, addr: Addr) -> &Col {
        self.groups[addr.group as usize].col(addr)
    }

    /// The batch with one more group, made over the same rows.
    pub fn with(mut self, columns: Arc<Columns>) -> Batch {
        self.groups.push(columns);
        self
    }

    /// The batch with another group in place of the one that was added last.
    pub fn replace_last(mut self, columns: Arc<Columns>) -> Batch {
        self.groups.pop();
        self.groups.push(columns);
        self
    }

    /// Has this group over the same rows, and no other.
    pub fn regroup(&mut self, columns: Arc<Columns>) {
        self.groups = SmallVec::from_iter([columns]);
    }

    /// Adds a group, made over the same rows.
    pub fn push(&mut self, columns: Arc<Columns>) {
        self.groups.push(columns);
    }

    /// Selects other rows, most often fewer.
    pub fn narrow(&mut self, rows: Rows) {
        self.rows = rows;
    }

    /// The batch with other rows, most often fewer.
    pub fn select(mut self, rows: Rows) -> Batch {
        self.rows = rows;
        self
    }

    /// Ends one record.
    #[inline]
    pub fn end(&self, row: usize, end: End) {
        self.header.end(row, end);
    }

    /// Ends every selected record.
    pub fn end_all(&self, end: End) {
        self.rows.iter().for_each(|row| self.header.end(row, end));
    }
}

//! What columns an edge carries, in order, and where each one lies in a batch.

use crate::{Span, Ty};

/// Where a column lies in a batch: a batch is a list of column groups, each made by one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Addr {
    pub group: u16,
    pub column: u16,
}

impl Addr {
    /// Of a column that the batch does not have: it is missing in every row.
    pub const NOWHERE: Addr = Addr { group: u16::MAX, column: u16::MAX };
}

/// One column of an edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub ty: Ty,
    /// Printed as `•••` wherever people or logs may see it.
    pub sensitive: bool,
    /// Where it was declared, for messages.
    pub span: Span,
    /// Where it lies; `Addr::default()`-like zeros until the plan has laid the edge out.
    pub addr: Addr,
}

impl Column {
    pub fn new(name: impl Into<String>, ty: Ty, span: Span) -> Column {
        Column { name: name.into(), ty, sensitive: false, span, addr: Addr { group: 0, column: 0 } }
    }

    pub fn sensitive(mut self, sensitive: bool) -> Column {
        self.sensitive = sensitive;
        self
    }
}

/// The columns of an edge. `open` means that there may be more columns that nobody knows, because a node
/// upstream was in error: looking for one of those is no second error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub columns: Vec<Column>,
    pub open: bool,
}

impl Schema {
    pub fn of(columns: Vec<Column>) -> Schema {
        Schema { columns, open: false }
    }

    /// The schema behind a mistake that was reported already.
    pub fn unknown() -> Schema {
        Schema { columns: Vec::new(), open: true }
    }

    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Adds a column; gives the one of that name back where there is one already.
    pub fn add(&mut self, column: Column) -> Result<(), &Column> {
        match self.columns.iter().position(|c| c.name == column.name) {
            Some(at) => Err(&self.columns[at]),
            None => {
                self.columns.push(column);
                Ok(())
            }
        }
    }
}

//! What flows: batches of columns.
//!
//! A [`Batch`] is a [`Header`] (what every record has), a few groups of [`Columns`] (each made by one node,
//! frozen, shared as one) and a selection of [`Rows`]. Cloning a batch shares; adding columns adds a group;
//! filtering narrows the selection; nothing is copied by any of them.
//!
//! Memory is recycled without a lock and without `unsafe`: whoever makes groups or headers keeps a clone of each in
//! a ring and takes one back when it is the only holder left. That is also how a source learns that every
//! record of a header has ended.

mod batch;
mod buf;
mod builder;
mod col;
mod cut;
mod gather;
mod header;
mod rows;

pub use batch::{Batch, Groups};
pub use buf::{Buf, BufMut, Memory};
pub use builder::Builder;
pub use col::{COLUMN_LIMIT, Col, ColMut, Columns, Data, DataMut, Presence, VarView};
pub use cut::CutRing;
pub use gather::{Pick, copy_rows, gather_columns, rows_that_fit, splice_columns};
pub use header::{Deadline, Header, HeaderRing, Origin, Raw, Settled, Terms, Times, UNKNOWN};
pub use rows::{Rows, RowsIter, RowsRing};

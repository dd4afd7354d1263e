//! `on_late: skip`: a stage is left out for records for which there is no time; its columns are null there.

use std::sync::Arc;

use forebay_batch::{Batch, BufMut, Col, Columns, Presence, Rows};

/// The group that a stage added, with null where it was left out, and the batch with all rows that are still there.
/// `late` says which rows of the row space were left out; `on_time` is what the stage emitted.
pub fn put_back(on_time: Batch, late: &Rows) -> Batch {
    let added = on_time.groups().last().expect("a stage that adds columns added a group").clone();
    let rows = on_time.header().rows();
    let masked = Columns { cols: added.cols.iter().map(|col| mask(col, rows, late)).collect() };
    let mut all: Vec<u32> = on_time.rows().iter().chain(late.iter()).map(|row| row as u32).collect();
    all.sort_unstable();
    on_time.replace_last(Arc::new(masked)).select(Rows::List(Arc::new(all)))
}

fn mask(col: &Col, rows: usize, late: &Rows) -> Col {
    let mut presence = BufMut::default();
    let bytes = presence.resize::<u8>(rows);
    match col.presence_bytes() {
        Some(known) => bytes.copy_from_slice(&known[..rows]),
        None => bytes.fill(Presence::Value as u8),
    }
    late.iter().for_each(|row| bytes[row] = Presence::Null as u8);
    Col { data: col.data.clone(), presence: Some(presence.freeze()) }
}

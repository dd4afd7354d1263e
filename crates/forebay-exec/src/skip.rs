//! `on_late: skip`: a stage is left out for records for which there is no time; its columns are null there.

use std::sync::Arc;

use forebay_batch::{Batch, BufMut, Col, Columns, Presence, Rows, RowsRing};

/// The rows that a stage was left out for and that have not gone on yet. A call on halves gives several batches: each
/// takes along the rows that stand before its end, so that all go on once and in order.
pub struct Left<'r> {
    late: &'r Rows,
    next: usize,
}

impl Left<'_> {
    pub fn new(late: &Rows) -> Left<'_> {
        Left { late, next: 0 }
    }

    /// What a stage gave for records in time, with the rows that it was left out for up to there; their columns are null.
    pub fn put_back(&mut self, in_time: Batch, ring: &mut RowsRing) -> Batch {
        let end = in_time.rows().hull().end;
        let from = self.next;
        while self.next < self.late.len() && self.late.at(self.next) < end {
            self.next += 1;
        }
        if from == self.next {
            return in_time;
        }
        let late = ring.part(self.late, from, self.next);
        let added = in_time.groups().last().expect("a stage that adds columns added a group");
        let rows = in_time.header().rows();
        let masked = Columns::new(added.cols().iter().map(|col| mask(col, rows, &late)).collect());
        let mut all: Vec<u32> = in_time.rows().iter().chain(late.iter()).map(|row| row as u32).collect();
        all.sort_unstable();
        in_time.replace_last(Arc::new(masked)).select(ring.list(all))
    }

    /// Rows behind everything that the stage gave.
    pub fn rest(&mut self, ring: &mut RowsRing) -> Rows {
        ring.part(self.late, self.next, self.late.len())
    }
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

#[cfg(test)]
mod tests {
    use forebay_batch::Builder;
    use forebay_stage::testing;
    use forebay_types::{Addr, Ty};

    use super::*;

    /// Six records; the stage is called for `parts` of those that are in time and adds ten times the number.
    #[track_caller]
    fn check(late: &[u32], parts: &[&[u32]], expect: &[&str], rest: &[usize]) {
        let schema = testing::schema("a: i64");
        let whole = testing::batch(&schema, "a\n0\n1\n2\n3\n4\n5", 0);
        let mut ring = RowsRing::default();
        let late = ring.list(late.iter().copied());
        let mut left = Left::new(&late);
        let given: Vec<String> = parts
            .iter()
            .map(|part| {
                let mut builder = Builder::new(&[Ty::I64.optional()]);
                builder.begin();
                (0..6).for_each(|row| builder.col(0).push(10 * row as i64));
                let rows = ring.list(part.iter().copied());
                let batch = left.put_back(whole.clone().with(builder.finish()).select(rows), &mut ring);
                let col = batch.col(Addr { group: 1, column: 0 });
                let cell = |row: usize| match col.is_absent(row) {
                    true => format!("{row}=null"),
                    false => format!("{row}={}", col.fixed::<i64>()[row]),
                };
                batch.rows().iter().map(cell).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(given, expect);
        assert_eq!(left.rest(&mut ring).iter().collect::<Vec<_>>(), rest);
    }

    #[test]
    fn every_record_goes_on_once_and_in_order() {
        check(&[1, 3], &[&[0, 2, 4, 5]], &["0=0 1=null 2=20 3=null 4=40 5=50"], &[]);
        check(&[1, 3], &[&[0, 2], &[4, 5]], &["0=0 1=null 2=20", "3=null 4=40 5=50"], &[]);
        check(&[2, 5], &[&[0, 1], &[3, 4]], &["0=0 1=10", "2=null 3=30 4=40"], &[5]);
        check(&[0, 4], &[], &[], &[0, 4]);
    }
}

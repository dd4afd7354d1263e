//! Puts together again what a merge cut apart. Where records of several inputs meet in order, a batch of one input is cut
//! at each record of another, and the node works on the parts one by one; all nodes behind it would have a call for each
//! part. What the node added to the parts of one batch is copied into one group, so that the batch goes on as one.

use std::collections::VecDeque;
use std::sync::Arc;

use forebay_batch::{Batch, Builder, COLUMN_LIMIT, Rows, RowsRing, splice_columns};
use forebay_types::Ty;

use crate::node::Slot;

/// Collects what a node emits in a round.
pub struct Splicer {
    builder: Builder,
    /// Batches by port, in the order in which they were emitted.
    emitted: VecDeque<(usize, Batch)>,
    /// The parts that are being put together.
    parts: Vec<Batch>,
    /// What the columns of a batch hold at most, all of them together.
    limit: usize,
}

impl Splicer {
    /// For a node that adds columns of these types.
    pub fn new(adds: &[Ty]) -> Splicer {
        Splicer {
            builder: Builder::new(adds),
            emitted: VecDeque::new(),
            parts: Vec::new(),
            limit: COLUMN_LIMIT,
        }
    }

    pub fn collect(&mut self, port: usize, slot: &mut Slot) {
        self.emitted.extend(slot.take().map(|batch| (port, batch)));
    }

    /// The next of what was collected, parts of one batch as one, as far as that can hold them.
    pub fn next(&mut self, rows: &mut RowsRing) -> Option<(usize, Batch)> {
        let Splicer { builder, emitted, parts, limit } = self;
        let (port, first) = emitted.pop_front()?;
        let mut room = limit.saturating_sub(extent(&first));
        parts.push(first);
        while let Some((other, next)) = emitted.front()
            && *other == port
            && belongs(next, parts)
            && let Some(left) = room.checked_sub(extent(next))
        {
            room = left;
            parts.extend(emitted.pop_front().map(|(_, next)| next));
        }
        let batch = match parts.len() {
            1 => parts.pop().expect("one part"),
            _ => splice(builder, rows, parts),
        };
        parts.clear();
        Some((port, batch))
    }

    /// Forgets what was collected.
    pub fn forget(&mut self) {
        self.emitted.clear();
    }
}

/// What the columns that a node added to a part hold in its rows.
fn extent(part: &Batch) -> usize {
    let hull = part.rows().hull();
    let cols = part.groups().last().into_iter().flat_map(|group| group.cols());
    cols.map(|col| col.extent(hull.clone())).sum()
}

/// Whether a batch is a later part of the batch that the parts are of.
fn belongs(next: &Batch, parts: &[Batch]) -> bool {
    let Some(last) = parts.last() else { return false };
    let before = |batch: &Batch| batch.groups().len().saturating_sub(1);
    Arc::ptr_eq(next.header(), last.header())
        && next.rows().hull().start >= last.rows().hull().end
        && next.groups().len() == last.groups().len()
        && next.groups()[..before(next)].iter().zip(last.groups()).all(|(a, b)| Arc::ptr_eq(a, b))
}

fn splice(builder: &mut Builder, ring: &mut RowsRing, parts: &[Batch]) -> Batch {
    let columns = splice_columns(builder, parts);
    let whole = parts.windows(2).all(|pair| match (pair[0].rows(), pair[1].rows()) {
        (Rows::Range(_, end), Rows::Range(start, _)) => end == start,
        _ => false,
    });
    let first = parts[0].clone();
    let rows = if whole {
        let hull = first.rows().hull().start..parts[parts.len() - 1].rows().hull().end;
        Rows::Range(hull.start as u32, hull.end as u32)
    } else {
        ring.list(parts.iter().flat_map(|part| part.rows().iter()).map(|row| row as u32))
    };
    first.replace_last(columns).select(rows)
}

#[cfg(test)]
mod tests {
    use forebay_stage::testing;
    use forebay_types::Addr;

    use super::*;

    /// A batch of the numbers 0 to 9 to which two calls each added ten times the number, for their rows only.
    fn parts(cuts: &[(u32, u32)]) -> (Batch, Vec<Batch>) {
        let schema = testing::schema("a: i64");
        let table: String = (0..10).map(|number| format!("\n{number}")).collect();
        let whole = testing::batch(&schema, &format!("a{table}"), 0);
        let mut builder = Builder::new(&[Ty::I64]);
        let part = |(from, to): &(u32, u32)| {
            builder.begin();
            builder.col(0).pad(*from as usize);
            (*from..*to).for_each(|row| builder.col(0).push(10 * i64::from(row)));
            builder.col(0).pad(10 - *to as usize);
            whole.clone().with(builder.finish()).select(Rows::Range(*from, *to))
        };
        let parts = cuts.iter().map(part).collect();
        (whole.clone(), parts)
    }

    /// What comes out as `rows: values`, batch by batch.
    #[track_caller]
    fn check(emitted: Vec<(usize, Batch)>, expect: &[&str]) {
        let mut splicer = Splicer::new(&[Ty::I64]);
        emitted.into_iter().for_each(|(port, batch)| splicer.collect(port, &mut Some(batch)));
        let mut given = Vec::new();
        let mut rows = RowsRing::default();
        while let Some((port, batch)) = splicer.next(&mut rows) {
            let values = batch.col(Addr { group: 1, column: 0 }).fixed::<i64>();
            let values: Vec<String> = batch.rows().iter().map(|row| values[row].to_string()).collect();
            given.push(format!("{port}: {}", values.join(" ")));
        }
        assert_eq!(given, expect);
    }

    #[test]
    fn parts_of_a_batch_go_on_as_one() {
        let on = |port: usize, parts: Vec<Batch>| parts.into_iter().map(move |part| (port, part));
        let (_, touching) = parts(&[(0, 3), (3, 4), (4, 9)]);
        check(on(0, touching).collect(), &["0: 0 10 20 30 40 50 60 70 80"]);
        let (_, apart) = parts(&[(1, 3), (5, 7)]);
        check(on(2, apart).collect(), &["2: 10 20 50 60"]);
        let (_, backwards) = parts(&[(5, 7), (1, 3)]);
        check(on(0, backwards).collect(), &["0: 50 60", "0: 10 20"]);
        let ((_, a), (_, b)) = (parts(&[(0, 2), (2, 3)]), parts(&[(3, 4)]));
        check(on(0, a).chain(on(0, b)).collect(), &["0: 0 10 20", "0: 30"]);
        let (_, ports) = parts(&[(0, 2), (2, 3)]);
        check(ports.into_iter().enumerate().collect(), &["0: 0 10", "1: 20"]);
    }

    #[test]
    fn parts_that_one_batch_could_not_hold_stay_apart() {
        let check = |limit: usize, expect: &[usize]| {
            let (whole, _) = parts(&[]);
            let mut splicer = Splicer { limit, ..Splicer::new(&[Ty::String]) };
            let mut builder = Builder::new(&[Ty::String]);
            for row in 0..10 {
                builder.begin();
                builder.col(0).pad(row);
                builder.col(0).push_str("two");
                builder.col(0).pad(9 - row);
                let part =
                    whole.clone().with(builder.finish()).select(Rows::Range(row as u32, row as u32 + 1));
                splicer.collect(0, &mut Some(part));
            }
            let mut rows = RowsRing::default();
            let given = std::iter::from_fn(|| splicer.next(&mut rows)).map(|(_, batch)| batch.len());
            assert_eq!(given.collect::<Vec<_>>(), expect, "{limit}");
        };
        check(COLUMN_LIMIT, &[10]);
        check(12, &[4, 4, 2]);
        check(11, &[3, 3, 3, 1]);
        check(0, &[1; 10]);
    }
}

//! Brings rows of several batches into one batch in the order that everything is merged by. This is the copy that the
//! plan prints for an exchange; ends of the new rows go to the rows that they were made from.

use std::ops::Range;
use std::sync::Arc;

use forebay_batch::{Batch, Builder, COLUMN_LIMIT, HeaderRing, Pick, gather_columns, rows_that_fit};
use forebay_sched::merge::{Merge, Run};
use forebay_types::id::NodeId;
use forebay_types::{Addr, Epoch, MergeKey, Schema, Ty};

/// How much memory a gatherer gets beforehand, so that nothing is allocated where no more is under way.
#[derive(Clone, Copy, Default)]
pub struct Room {
    /// Gathered batches that may be held at once.
    pub rounds: usize,
    /// Records of each.
    pub rows: usize,
    /// Batches that are gathered into one.
    pub batches: usize,
}

pub struct Gatherer {
    node: NodeId,
    types: Vec<Ty>,
    addrs: Vec<Addr>,
    builder: Builder,
    headers: HeaderRing,
    merge: Merge<MergeKey>,
    picks: Vec<Pick>,
    /// What a column of a gathered batch holds at most.
    limit: usize,
}

impl Gatherer {
    /// For batches whose columns lie as `schema` says; the gathered group has them in its order. `node` is whose row
    /// space it becomes.
    pub fn new(node: NodeId, schema: &Schema, room: Room) -> Gatherer {
        let types: Vec<Ty> = schema.columns.iter().map(|column| column.ty.clone()).collect();
        Gatherer {
            node,
            addrs: schema.columns.iter().map(|column| column.addr).collect(),
            builder: Builder::with_room(&types, room.rounds, room.rows),
            types,
            headers: HeaderRing::with_room(room.rounds, room.rows, room.batches),
            merge: Merge::with_room(room.batches, room.rows),
            picks: Vec::with_capacity(room.rows),
            limit: COLUMN_LIMIT,
        }
    }

    /// Gives one batch of all selected rows; several, where one could not hold them. Rows of each batch are in order already.
    pub fn gather(&mut self, batches: &[Batch], mut give: impl FnMut(Batch)) {
        self.settle();
        let runs = runs_of(&mut self.merge, batches.len(), |list| &batches[list]);
        self.picks.clear();
        for run in runs {
            let rows = batches[run.list].rows();
            let pick = |at| Pick { batch: run.list as u32, row: rows.at(at) as u32 };
            self.picks.extend((run.from..run.to).map(pick));
        }
        let mut from = 0;
        while from < self.picks.len() {
            let to = from + rows_that_fit(&self.addrs, batches, &self.picks[from..], self.limit);
            give(self.gather_picks(batches, from..to));
            from = to;
        }
    }

    fn gather_picks(&mut self, batches: &[Batch], picks: Range<usize>) -> Batch {
        let picks = &self.picks[picks];
        let epoch = batches.first().map_or(Epoch(0), |batch| batch.header().epoch);
        let mut shell = self.headers.take(self.node, epoch);
        let header = Arc::get_mut(&mut shell).expect("a taken header is held once");
        for batch in batches {
            header.add_parent(batch.header().clone());
        }
        for pick in picks {
            header.push_child(pick.batch, pick.row as usize);
        }
        let columns = gather_columns(&mut self.builder, &self.types, &self.addrs, batches, picks);
        Batch::new(self.headers.share(shell), columns)
    }

    /// Lets go of gathered headers that nobody works on, and so of their parents; says whether there were any.
    pub fn settle(&mut self) -> bool {
        let mut any = false;
        self.headers.settle(|_| any = true);
        any
    }
}

/// Runs of the selected rows of so many batches in merged order.
pub fn runs_of<'m, 'b>(
    merge: &'m mut Merge<MergeKey>,
    count: usize,
    batch: impl Fn(usize) -> &'b Batch,
) -> &'m [Run] {
    let key = |list: usize, at: usize| {
        let batch = batch(list);
        batch.header().merge_key(batch.rows().at(at))
    };
    merge.cut((0..count).map(|list| batch(list).len()), key)
}

#[cfg(test)]
mod tests {
    use forebay_stage::testing;

    use super::*;

    #[test]
    fn what_one_batch_could_not_hold_is_gathered_into_several() {
        let schema = testing::schema("a: string");
        let batch = |texts: &str| testing::batch(&schema, &format!("a{texts}"), 0);
        let check = |limit: usize, expect: &[&str]| {
            let mut gatherer = Gatherer::new(NodeId(0), &schema, Room::default());
            gatherer.limit = limit;
            let mut given = Vec::new();
            let text = |batch: Batch| {
                let col = batch.col(schema.columns[0].addr);
                let texts: Vec<&str> = batch.rows().iter().map(|row| col.var().str(row)).collect();
                given.push(texts.join(" "));
            };
            gatherer.gather(&[batch("\nab\ncd"), batch("\nefg\nh")], text);
            assert_eq!(given, expect, "{limit}");
        };
        check(COLUMN_LIMIT, &["ab efg cd h"]);
        check(8, &["ab efg cd h"]);
        check(7, &["ab efg cd", "h"]);
        check(5, &["ab efg", "cd h"]);
        check(3, &["ab", "efg", "cd h"]);
    }
}

//! Brings rows of several batches into one batch in the order that everything is merged by. This is the copy that the
//! plan prints for an exchange; ends of the new rows go to the rows that they were made from.

use std::sync::Arc;

use forebay_batch::{Batch, Builder, HeaderRing, Pick, gather_columns};
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
        }
    }

    /// One batch of all selected rows. Rows of each batch are in order already.
    pub fn gather(&mut self, batches: &[Batch]) -> Batch {
        self.settle();
        let runs = runs_of(&mut self.merge, batches.len(), |list| &batches[list]);
        self.picks.clear();
        for run in runs {
            let rows = batches[run.list].rows();
            let pick = |at| Pick { batch: run.list as u32, row: rows.at(at) as u32 };
            self.picks.extend((run.from..run.to).map(pick));
        }
        let epoch = batches.first().map_or(Epoch(0), |batch| batch.header().epoch);
        let mut shell = self.headers.take(self.node, epoch);
        let header = Arc::get_mut(&mut shell).expect("a taken header is held once");
        for batch in batches {
            header.add_parent(batch.header().clone());
        }
        for pick in &self.picks {
            header.push_child(pick.batch, pick.row as usize);
        }
        let columns = gather_columns(&mut self.builder, &self.types, &self.addrs, batches, &self.picks);
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

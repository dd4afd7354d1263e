//! Brings rows of several batches into one batch in the order that everything is merged by. This is the copy that the
//! plan prints for an exchange; ends of the new rows go to the rows that they were made from.

use std::sync::Arc;

use forebay_batch::{Batch, Builder, HeaderRing, Pick, gather_columns};
use forebay_sched::merge::{self, Run};
use forebay_types::id::NodeId;
use forebay_types::{Addr, Epoch, Schema, Ty};

pub struct Gatherer {
    node: NodeId,
    types: Vec<Ty>,
    addrs: Vec<Addr>,
    builder: Builder,
    headers: HeaderRing,
    runs: Vec<Run>,
    picks: Vec<Pick>,
}

impl Gatherer {
    /// For batches whose columns lie as `schema` says; the gathered group has them in its order. `node` is whose row
    /// space it becomes.
    pub fn new(node: NodeId, schema: &Schema) -> Gatherer {
        let types: Vec<Ty> = schema.columns.iter().map(|column| column.ty.clone()).collect();
        Gatherer {
            node,
            addrs: schema.columns.iter().map(|column| column.addr).collect(),
            builder: Builder::new(&types),
            types,
            headers: HeaderRing::default(),
            runs: Vec::new(),
            picks: Vec::new(),
        }
    }

    /// One batch of all selected rows. Rows of each batch are in order already.
    pub fn gather(&mut self, batches: &[Batch]) -> Batch {
        self.settle();
        runs_of(batches, &mut self.runs);
        self.picks.clear();
        for run in &self.runs {
            let rows = batches[run.list].rows().iter().skip(run.from).take(run.to - run.from);
            self.picks.extend(rows.map(|row| Pick { batch: run.list as u16, row: row as u32 }));
        }
        let epoch = batches.first().map_or(Epoch(0), |batch| batch.header().epoch);
        let mut shell = self.headers.take(self.node, epoch);
        let header = Arc::get_mut(&mut shell).expect("a taken header is held once");
        for batch in batches {
            header.add_parent(batch.header().clone());
        }
        for pick in &self.picks {
            header.push_child(pick.batch, pick.row as usize, 0);
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

/// Runs of the batches' selected rows in merged order.
pub fn runs_of(batches: &[Batch], out: &mut Vec<Run>) {
    let lens: Vec<usize> = batches.iter().map(Batch::len).collect();
    let row = |list: usize, at: usize| match batches[list].rows() {
        forebay_batch::Rows::Range(start, _) => *start as usize + at,
        forebay_batch::Rows::List(rows) => rows[at] as usize,
    };
    merge::runs(&lens, |list, at| batches[list].header().order(row(list, at)), out);
}

//! One instance of a segment on one lane. A round is one sweep over its nodes in topological order: what a node
//! gives is in the inboxes of later nodes, or in the parcels for other segments, before those are looked at.

use std::sync::Arc;

use forebay_batch::{Batch, RowsRing};
use forebay_plan::plan::{KeyColumn, Output, Route};
use forebay_sched::epochs::Generation;
use forebay_sched::merge::Merge;
use forebay_stage::key::hash_keys;
use forebay_stage::{Gate, Mark, Reject, Shards, Turn};
use forebay_types::code;
use forebay_types::end::Fate;
use forebay_types::id::NodeId;
use forebay_types::{Addr, MergeKey, Ty};
use smallvec::SmallVec;

use crate::driver::FromSource;
use crate::edge::{Barrier, Parcel, Receiver, Sender};
use crate::gather::{self, Gatherer};
use crate::kit::Kit;
use crate::letters::Letters;
use crate::metrics::NodeMetrics;
use crate::node::{Arrived, Handed, NodeRun, Slot, Stop};
use crate::splice::Splicer;

pub struct SegmentRun {
    pub nodes: Vec<NodeRun>,
    /// For each node where its outputs go.
    pub ways: Vec<Ways>,
    pub inbound: Vec<Inbound>,
    pub outbound: Vec<Outbound>,
    pub letters: Letters,
    /// Of its sinks, by position.
    pub gates: Vec<(usize, Gate)>,
    pub shards: Shards,
    /// Scratch.
    pub hashes: Vec<u64>,
    pub merge: Merge<MergeKey>,
    pub ordered: Vec<Arrived>,
    /// The round that comes next.
    pub round: u64,
}

/// A node as those see it who hand on what it gives, and where that goes.
#[repr(C)]
pub struct Ways {
    pub metrics: Arc<NodeMetrics>,
    pub ports: SmallVec<[WayList; 1]>,
    pub id: NodeId,
    pub name: Arc<str>,
    pub rejected: WayList,
    pub behind: WayList,
}

/// One way is the rule, and lies where its list is.
pub type WayList = SmallVec<[Way; 1]>;

#[derive(Debug)]
pub enum Way {
    /// To a node of this segment, by position.
    Here { at: u32, port: u16, feed: u16 },
    /// To another segment.
    Cross(Box<Crossing>),
}

#[derive(Debug)]
pub struct Crossing {
    pub outbound: usize,
    pub exchange: u16,
    pub route: Route,
    /// The parcel to use where the route leads to one instance.
    pub to: usize,
    pub key: Arc<[(Addr, Ty)]>,
}

/// Edges from another segment, one for each of its instances.
pub struct Inbound {
    pub edges: Vec<Receiver>,
    /// By exchange: where what arrives goes, and how it is gathered.
    pub arrivals: Vec<Arrival>,
}

pub struct Arrival {
    pub exchange: u16,
    pub at: usize,
    pub port: u16,
    pub feed: u16,
    /// `None` where batches are handed on as they are.
    pub gather: Option<Gatherer>,
    /// Batches of the round, from all instances.
    pub batches: Vec<Batch>,
}

/// Edges to another segment, one for each of its instances.
pub struct Outbound {
    pub edges: Vec<Sender>,
    /// What this round has for each instance.
    pub parcels: Vec<Parcel>,
}

impl SegmentRun {
    /// Whether every sender has finished the next round.
    pub fn is_ready(&self) -> bool {
        !self.inbound.is_empty()
            && self.inbound.iter().all(|i| i.edges.iter().all(|edge| edge.knows(self.round)))
    }

    /// Whether the next round can send what it will have to send, and its sinks take it. `brings_records` is false where it
    /// is only to say that there are none, or that an epoch ends: no sink has to be ready for that.
    pub fn has_room(&self, brings_records: bool) -> bool {
        self.outbound.iter().all(|o| o.edges.iter().all(Sender::has_room))
            && (!brings_records || self.gates.iter().all(|(_, gate)| gate.is_open()))
    }

    /// Whether it can work on what others have sent.
    pub fn can_receive(&self) -> bool {
        let brings_records = || {
            let mut next = self.inbound.iter().flat_map(|i| &i.edges).filter_map(Receiver::peek);
            next.any(|parcel| parcel.round == self.round && !parcel.batches.is_empty())
        };
        self.is_ready() && self.has_room(brings_records())
    }

    /// Whether something went wrong with what a sink has taken.
    pub fn has_failed(&self) -> bool {
        self.gates.iter().any(|(_, gate)| gate.has_failed())
    }

    /// What went wrong with what a sink has taken.
    pub fn failure(&self) -> Option<Stop> {
        let fault = |(at, gate): &(usize, Gate)| Some(Stop::new(&*self.nodes[*at].name, gate.take_fault()?));
        self.gates.iter().find_map(fault)
    }

    /// Takes the parcels of the next round in; gives the barrier behind it.
    pub fn receive(&mut self, kit: &mut Kit) -> Option<Barrier> {
        let waiting = self.inbound.iter().flat_map(|i| &i.edges).map(Receiver::depth).max().unwrap_or(0);
        self.ways.iter().for_each(|ways| ways.metrics.queue.set(waiting as u64));
        let mut barrier = None;
        for inbound in &mut self.inbound {
            for edge in &mut inbound.edges {
                let Some(mut parcel) = edge.take_of(self.round) else { continue };
                barrier = parcel.barrier;
                for (exchange, batch) in parcel.batches.drain(..) {
                    let arrival = inbound.arrivals.iter_mut().find(|a| a.exchange == exchange);
                    arrival.expect("an exchange into this segment").batches.push(batch);
                }
                edge.give_back(parcel);
            }
            for arrival in &mut inbound.arrivals {
                arrival.hand_in(kit, &mut self.nodes);
            }
        }
        barrier
    }

    /// Runs the round: every inbox is worked off, marks go through, parcels are sent.
    pub fn sweep(
        &mut self,
        kit: &mut Kit,
        generation: Generation,
        barrier: Option<Barrier>,
    ) -> Result<(), Stop> {
        kit.tick();
        self.warm();
        for at in 0..self.nodes.len() {
            self.work_off(kit, at)?;
            if let Some(barrier) = barrier {
                if barrier.drain {
                    self.mark(kit, at, Mark::Drain)?;
                }
                self.mark(kit, at, Mark::Epoch(barrier.epoch))?;
            }
        }
        kit.unmark();
        for outbound in &mut self.outbound {
            for (edge, parcel) in outbound.edges.iter_mut().zip(&mut outbound.parcels) {
                let next = edge.blank();
                let mut parcel = std::mem::replace(parcel, next);
                (parcel.generation, parcel.round, parcel.barrier) = (generation, self.round, barrier);
                edge.send(parcel);
            }
        }
        self.round += 1;
        Ok(())
    }

    /// Looks at what every node's call will look at: what the records of the last round pushed out of the cache comes back
    /// all at once, where each call would wait for its own. With 4,096 records a batch a stage takes some 140 ns with it and
    /// 170 ns without (medians of runs in turns, the chain of `bench core`); with small batches it makes no difference.
    fn warm(&self) {
        for (node, ways) in self.nodes.iter().zip(&self.ways) {
            let words = (node.metrics.batches.get(), node.gives.len(), node.inputs.len(), ways.ports.len());
            std::hint::black_box(words);
        }
    }

    /// Gives a turn to stages that want one.
    pub fn turns(&mut self, kit: &mut Kit) -> Result<(), Stop> {
        let now = kit.tick();
        for at in 0..self.nodes.len() {
            self.work_off(kit, at)?;
            if self.nodes[at].is_due(now) {
                self.turn(kit, at)?;
            }
        }
        Ok(())
    }

    fn turn(&mut self, kit: &mut Kit, at: usize) -> Result<(), Stop> {
        self.nodes[at].turn(kit)?;
        self.hand_on(kit, at);
        Ok(())
    }

    /// Whether something waits for the next round to cross to another segment.
    pub fn has_outgoing(&self) -> bool {
        self.outbound.iter().any(|o| o.parcels.iter().any(|parcel| !parcel.batches.is_empty()))
    }

    fn work_off(&mut self, kit: &mut Kit, at: usize) -> Result<(), Stop> {
        let node = &mut self.nodes[at];
        if node.inbox.is_empty() {
            return Ok(());
        }
        let mut inbox = std::mem::take(&mut node.inbox);
        if node.feeds > 1 && inbox.len() > 1 {
            match node.is_free {
                // Nothing says how their rows go together: the batch that begins first comes first, whole.
                true => inbox.sort_by_key(|arrived| first_key(arrived.batch())),
                false => in_order(&mut inbox, kit, &mut self.merge, &mut self.ordered),
            }
        }
        let mut splicer = self.nodes[at].splicer.take();
        let worked =
            inbox.iter_mut().try_for_each(|arrived| self.work(kit, at, arrived, splicer.as_deref_mut()));
        if let Some(splicer) = &mut splicer {
            let mut hand = self.hand(at).1;
            match &worked {
                Ok(()) => {
                    while let Some((port, batch)) = splicer.next(&mut kit.rows) {
                        hand.emit(kit, port, &mut Some(batch));
                    }
                }
                Err(_) => splicer.forget(),
            }
        }
        self.nodes[at].splicer = splicer;
        kit.inboxes.put(inbox);
        worked
    }

    fn work(
        &mut self,
        kit: &mut Kit,
        at: usize,
        arrived: &mut Arrived,
        mut splicer: Option<&mut Splicer>,
    ) -> Result<(), Stop> {
        let (node, mut hand) = self.hand(at);
        node.work(kit, arrived, &mut |kit, handed| hand.run(kit, handed, splicer.as_deref_mut()))
    }

    /// A node taken apart from its neighbours: only later nodes' inboxes are written while it works.
    fn hand(&mut self, at: usize) -> (&mut NodeRun, HandOn<'_>) {
        let (node, after) = self.nodes[at..].split_first_mut().expect("a node at this position");
        let hand = HandOn {
            at,
            ways: &self.ways[at],
            after,
            outbound: &mut self.outbound,
            letters: &mut self.letters,
            shards: self.shards,
            hashes: &mut self.hashes,
        };
        (node, hand)
    }

    /// Tells a node about a mark; what it keeps comes before it.
    fn mark(&mut self, kit: &mut Kit, at: usize, mark: Mark) -> Result<(), Stop> {
        self.nodes[at].mark(kit, mark)?;
        self.hand_on(kit, at);
        if self.nodes[at].keeps {
            self.turn(kit, at)?;
            while self.nodes[at].due == Turn::Again {
                self.turn(kit, at)?;
            }
        }
        Ok(())
    }

    /// Hands on what is in the outbox as given by a node.
    fn hand_on(&mut self, kit: &mut Kit, at: usize) {
        self.hand(at).1.run(kit, Handed::Outbox, None);
    }

    /// Hands a source's batch to its readers; reading it took so long.
    pub fn hand_source(&mut self, kit: &mut Kit, from: FromSource, busy_ns: u64) {
        let FromSource { node, batch, rejects } = from;
        let at = self.nodes.iter().position(|n| n.id == node).expect("a source of this segment");
        self.nodes[at].metrics.records_in.add((batch.len() + rejects.len()) as u64);
        self.nodes[at].metrics.batches.add(1);
        self.nodes[at].metrics.busy_ns.add(busy_ns);
        kit.outbox.clear();
        kit.outbox.rejects = rejects;
        if !batch.is_empty() {
            kit.outbox.emitted.push((0, batch));
        }
        self.hand_on(kit, at);
    }

    /// Lets go of headers that were kept for reuse, so that their parents settle. Where there were any, the lanes that sent
    /// the parents are woken to do the same.
    pub fn settle(&mut self) {
        self.letters.settle();
        for inbound in &mut self.inbound {
            let mut any = false;
            for gather in inbound.arrivals.iter_mut().filter_map(|arrival| arrival.gather.as_mut()) {
                any |= gather.settle();
            }
            if any {
                inbound.edges.iter().for_each(Receiver::wake_sender);
            }
        }
    }

    /// Throws away what others sent in an older generation.
    pub fn discard_before(&mut self, generation: Generation) {
        self.inbound.iter_mut().flat_map(|i| &mut i.edges).for_each(|edge| edge.discard_before(generation));
    }

    /// Forgets everything that is under way.
    pub fn forget(&mut self, generation: Generation) {
        self.discard_before(generation);
        for node in &mut self.nodes {
            node.inbox.clear();
            node.reset();
        }
        self.inbound.iter_mut().flat_map(|i| &mut i.arrivals).for_each(|arrival| arrival.batches.clear());
        for parcel in self.outbound.iter_mut().flat_map(|o| &mut o.parcels) {
            parcel.batches.clear();
        }
        self.round = 0;
    }
}

impl Arrival {
    fn hand_in(&mut self, kit: &mut Kit, nodes: &mut [NodeRun]) {
        if self.batches.is_empty() {
            // A round without records lets go of those of earlier ones.
            if let Some(gather) = &mut self.gather {
                gather.settle();
            }
            return;
        }
        let node = &mut nodes[self.at];
        let (port, feed) = (self.port, self.feed);
        let arrive = |batch| node.arrive(&mut kit.inboxes, Arrived { port, feed, slot: Some(batch) });
        match &mut self.gather {
            Some(gather) => {
                gather.gather(&self.batches, arrive);
                self.batches.clear();
            }
            None => self.batches.drain(..).for_each(arrive),
        }
    }
}

fn first_key(batch: &Batch) -> Option<MergeKey> {
    let row = batch.rows().iter().next()?;
    Some(batch.header().merge_key(row))
}

/// Cuts batches of several feeds into runs in merged order.
fn in_order(
    inbox: &mut Vec<Arrived>,
    kit: &mut Kit,
    merge: &mut Merge<MergeKey>,
    ordered: &mut Vec<Arrived>,
) {
    let runs = gather::runs_of(merge, inbox.len(), |list| inbox[list].batch());
    let rows = &mut kit.rows;
    ordered.extend(runs.iter().map(|run| {
        let whole = &inbox[run.list];
        let part = rows.part(whole.batch().rows(), run.from, run.to);
        let part = whole.batch().clone().select(part);
        Arrived { port: whole.port, feed: whole.feed, slot: Some(part) }
    }));
    inbox.clear();
    std::mem::swap(inbox, ordered);
}

/// Hands on what a call gave.
struct HandOn<'a> {
    at: usize,
    ways: &'a Ways,
    after: &'a mut [NodeRun],
    outbound: &'a mut [Outbound],
    letters: &'a mut Letters,
    shards: Shards,
    hashes: &'a mut Vec<u64>,
}

impl HandOn<'_> {
    fn run(&mut self, kit: &mut Kit, handed: Handed<'_>, mut splicer: Option<&mut Splicer>) {
        if !kit.outbox.absorbed.is_empty() {
            let mut absorbed = std::mem::take(&mut kit.outbox.absorbed);
            for (batch, reason) in absorbed.drain(..) {
                self.ways.metrics.absorbed.add(batch.len() as u64);
                batch.end_all(kit.end(Fate::Absorbed, reason));
            }
            kit.outbox.absorbed = absorbed;
        }
        match handed {
            Handed::Outbox => {}
            Handed::Behind(port, batch) => self.behind(kit, port, batch),
            Handed::Added(slot) => self.emit_or_collect(kit, 0, slot, splicer.as_deref_mut()),
        }
        if !kit.outbox.emitted.is_empty() {
            let mut emitted = std::mem::take(&mut kit.outbox.emitted);
            for (port, batch) in emitted.drain(..) {
                self.emit_or_collect(kit, port, &mut Some(batch), splicer.as_deref_mut());
            }
            kit.outbox.emitted = emitted;
        }
        if !kit.outbox.rejects.is_empty() {
            self.reject(kit);
        }
    }

    #[inline]
    fn emit_or_collect(
        &mut self,
        kit: &mut Kit,
        port: usize,
        slot: &mut Slot,
        splicer: Option<&mut Splicer>,
    ) {
        match splicer {
            _ if slot.as_ref().is_none_or(Batch::is_empty) => {}
            Some(splicer) => splicer.collect(port, slot),
            None => self.emit(kit, port, slot),
        }
    }

    #[inline]
    fn emit(&mut self, kit: &mut Kit, port: usize, slot: &mut Slot) {
        let records = slot.as_ref().map_or(0, Batch::len);
        self.ways.metrics.records_out.add(records as u64);
        let ways = self.ways;
        if ways.metrics.is_tapped() {
            slot.iter().for_each(|batch| ways.metrics.show(Output::Port(port), batch));
        }
        self.send(kit, &ways.ports[port], slot);
    }

    fn behind(&mut self, kit: &mut Kit, port: usize, batch: Batch) {
        let ways = self.ways;
        // Readers of `behind` have the columns of the main input.
        let is_main = port == 0;
        if ways.metrics.is_tapped() && is_main {
            ways.metrics.show(Output::Behind, &batch);
        }
        if ways.behind.is_empty() || !is_main {
            let rejects = batch.rows().iter().map(|row| {
                Reject::new(
                    &batch,
                    row,
                    &code::RECORD_BEHIND,
                    "its event time is older than the watermark of its stream",
                )
            });
            kit.outbox.rejects.extend(rejects);
        } else {
            self.send(kit, &ways.behind, &mut Some(batch));
        }
    }

    fn reject(&mut self, kit: &mut Kit) {
        let rejects = std::mem::take(&mut kit.outbox.rejects);
        self.ways.metrics.rejected.add(rejects.len() as u64);
        for reject in &rejects {
            let end = kit.end(Fate::Rejected, reject.code.id);
            reject.header.end(reject.row as usize, end);
        }
        if let Some(first) = rejects.first() {
            let end = kit.end(Fate::Rejected, first.code.id);
            kit.show(end, &first.reason);
        }
        let ways = self.ways;
        if ways.metrics.is_tapped() {
            ways.metrics.show_rejects(&rejects);
        }
        if !ways.rejected.is_empty() {
            let batch = self.letters.batch(ways.id, &ways.name, &rejects);
            self.send(kit, &ways.rejected, &mut Some(batch));
        }
    }

    /// Takes the batch out and puts it where each way leads.
    #[inline]
    fn send(&mut self, kit: &mut Kit, ways: &[Way], slot: &mut Slot) {
        match ways.split_last() {
            None => slot.take().iter().for_each(|batch| batch.end_all(kit.end(Fate::Absorbed, "unread"))),
            Some((last, others)) => {
                others.iter().for_each(|way| self.send_one(kit, way, &mut slot.clone()));
                self.send_one(kit, last, slot);
            }
        }
    }

    #[inline]
    fn send_one(&mut self, kit: &mut Kit, way: &Way, slot: &mut Slot) {
        match way {
            Way::Here { at, port, feed } => {
                let at = *at as usize;
                debug_assert!(at > self.at, "nodes stand in topological order");
                let arrived = Arrived { port: *port, feed: *feed, slot: slot.take() };
                self.after[at - self.at - 1].arrive(&mut kit.inboxes, arrived);
            }
            Way::Cross(crossing) => {
                slot.take().into_iter().for_each(|batch| self.cross(kit, crossing, batch))
            }
        }
    }

    fn cross(&mut self, kit: &mut Kit, crossing: &Crossing, batch: Batch) {
        let Crossing { outbound, exchange, route, to, key } = crossing;
        let parcels = &mut self.outbound[*outbound].parcels;
        match route {
            Route::ToOne | Route::Same => parcels[*to].batches.push((*exchange, batch)),
            Route::ByKey => spread(parcels, *exchange, key, self.shards, self.hashes, &mut kit.rows, batch),
        }
    }
}

/// Sends each row to the lane that owns its key's shard.
fn spread(
    parcels: &mut [Parcel],
    exchange: u16,
    key: &[(Addr, Ty)],
    shards: Shards,
    hashes: &mut Vec<u64>,
    rows: &mut RowsRing,
    batch: Batch,
) {
    hash_keys(&batch, key, hashes);
    let start = batch.rows().hull().start;
    let lane_of = |row: usize| shards.of(hashes[row - start]) % shards.lanes;
    for (lane, parcel) in parcels.iter_mut().enumerate() {
        let own = rows.filter(batch.rows(), |row| lane_of(row) == lane as u32);
        if !own.is_empty() {
            parcel.batches.push((exchange, batch.clone().select(own)));
        }
    }
}

/// The key columns of a plan as the hash wants them.
pub fn key_columns(columns: &[KeyColumn]) -> Arc<[(Addr, Ty)]> {
    columns.iter().map(|column| (column.addr, column.ty.clone())).collect()
}

/// Which output's ways.
pub fn ways_of(ways: &mut Ways, output: Output) -> &mut WayList {
    match output {
        Output::Port(port) => &mut ways.ports[port],
        Output::Rejected => &mut ways.rejected,
        Output::Behind => &mut ways.behind,
    }
}

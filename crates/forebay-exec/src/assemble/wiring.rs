//! The ways that batches take: inside a segment from node to node, between segments over edges.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use forebay_plan::plan::{Exchange, Plan, Route};
use forebay_types::id::NodeId;

use super::{Ground, instances, room};
use crate::edge::{self, Parcel, Receiver, Sender};
use crate::gather::Gatherer;
use crate::segment::{Arrival, Crossing, Inbound, Outbound, SegmentRun, Way, key_columns, ways_of};
use crate::steps::Step;

/// Edges between segment instances that have not been taken by their lanes yet: from segment and lane, to segment
/// and lane.
pub(super) type Ends<T> = BTreeMap<(usize, usize, usize, usize), T>;

pub(super) struct Edges {
    pub(super) senders: Ends<Sender>,
    pub(super) receivers: Ends<Receiver>,
}

/// Lanes with sources, which may leave rounds out, are kept in step by `steps`.
pub(super) fn make_edges(ground: &Ground<'_, '_>, steps: &[Step]) -> Edges {
    let plan = ground.plan;
    let mut edges = Edges { senders: BTreeMap::new(), receivers: BTreeMap::new() };
    for exchange in &plan.exchanges {
        let (from, to) = ends_of(plan, exchange);
        for (a, b) in pairs(plan, exchange) {
            let key = (from, a, to, b);
            // Several exchanges between the same instances share one edge, so that a round stays together.
            if let Entry::Vacant(place) = edges.senders.entry(key) {
                let passed = steps.get(a).filter(|_| from == 0).and_then(Step::passed);
                let ends = (ground.parkers[a].waker(), ground.parkers[b].waker());
                let (sender, receiver) = edge::edge(plan.credits as usize, ends.0, ends.1, passed);
                place.insert(sender);
                edges.receivers.insert(key, receiver);
            }
        }
    }
    edges
}

pub(super) fn ends_of(plan: &Plan, exchange: &Exchange) -> (usize, usize) {
    let segment = |node: NodeId| plan.nodes[node.0 as usize].segment;
    (segment(exchange.from), segment(exchange.to.node))
}

/// Lanes that an exchange joins.
fn pairs(plan: &Plan, exchange: &Exchange) -> Vec<(usize, usize)> {
    let (from, to) = ends_of(plan, exchange);
    let senders = instances(plan.segments[from].spread, plan) as usize;
    let receivers = instances(plan.segments[to].spread, plan) as usize;
    match exchange.how {
        Route::Same => (0..senders).map(|lane| (lane, lane)).collect(),
        Route::ByKey | Route::ToOne => {
            (0..senders).flat_map(|a| (0..receivers).map(move |b| (a, b))).collect()
        }
    }
}

fn position(nodes: &[NodeId], id: NodeId) -> Option<usize> {
    nodes.iter().position(|node| *node == id)
}

/// Ways inside the segment.
pub(super) fn connect_here(plan: &Plan, nodes: &[NodeId], run: &mut SegmentRun) {
    for (at, id) in nodes.iter().enumerate() {
        let node = &plan.nodes[id.0 as usize];
        let ports = node.outputs.iter().map(|output| &output.readers);
        for (ways, readers) in run.ways[at].ports.iter_mut().zip(ports) {
            ways.extend(readers.iter().filter_map(|reader| here(nodes, reader)));
        }
        run.ways[at].rejected.extend(node.rejected.iter().filter_map(|reader| here(nodes, reader)));
        run.ways[at].behind.extend(node.behind.iter().filter_map(|reader| here(nodes, reader)));
    }
}

fn here(nodes: &[NodeId], reader: &forebay_plan::plan::Reader) -> Option<Way> {
    let at = position(nodes, reader.node)?;
    Some(Way::Here { at: at as u32, port: reader.port as u16, feed: reader.feed as u16 })
}

pub(super) fn connect_out(plan: &Plan, edges: &mut Edges, at: usize, lane: usize, run: &mut SegmentRun) {
    let mut targets: Vec<usize> =
        plan.exchanges.iter().filter(|e| ends_of(plan, e).0 == at).map(|e| ends_of(plan, e).1).collect();
    targets.sort_unstable();
    targets.dedup();
    for (outbound, target) in targets.iter().enumerate() {
        let keys: Vec<_> =
            edges.senders.keys().filter(|k| (k.0, k.1, k.2) == (at, lane, *target)).copied().collect();
        let receivers: Vec<usize> = keys.iter().map(|key| key.3).collect();
        let senders: Vec<Sender> = keys.iter().filter_map(|key| edges.senders.remove(key)).collect();
        let parcels = senders.iter().map(|_| Parcel::default()).collect();
        run.outbound.push(Outbound { edges: senders, parcels });
        for (index, exchange) in
            plan.exchanges.iter().enumerate().filter(|(_, e)| ends_of(plan, e) == (at, *target))
        {
            let node =
                position(&plan.segments[at].nodes, exchange.from).expect("the sender is in this segment");
            let receiver = if exchange.how == Route::Same { lane } else { 0 };
            let to = receivers.iter().position(|r| *r == receiver).unwrap_or(0);
            let key = match (exchange.how, &plan.nodes[exchange.to.node.0 as usize].keys) {
                // The key as the sender's batches have it.
                (Route::ByKey, Some(keys)) => sent_key(exchange, &keys[exchange.to.port]),
                _ => Arc::from([]),
            };
            let crossing = Crossing { outbound, exchange: index as u16, route: exchange.how, to, key };
            ways_of(&mut run.ways[node], exchange.output).push(Way::Cross(Box::new(crossing)));
        }
    }
}

/// The receiver's key columns by where they lie before they are gathered.
fn sent_key(
    exchange: &Exchange,
    key: &[forebay_plan::plan::KeyColumn],
) -> Arc<[(forebay_types::Addr, forebay_types::Ty)]> {
    let sent = key.iter().map(|column| forebay_plan::plan::KeyColumn {
        addr: exchange.columns.columns[column.addr.column as usize].addr,
        ty: column.ty.clone(),
    });
    key_columns(&sent.collect::<Vec<_>>())
}

pub(super) fn connect_in(
    plan: &Plan,
    max_batch: usize,
    edges: &mut Edges,
    at: usize,
    lane: usize,
    run: &mut SegmentRun,
) {
    let mut sources: Vec<usize> =
        plan.exchanges.iter().filter(|e| ends_of(plan, e).1 == at).map(|e| ends_of(plan, e).0).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        let keys: Vec<_> =
            edges.receivers.keys().filter(|k| (k.0, k.2, k.3) == (source, at, lane)).copied().collect();
        let receivers: Vec<Receiver> = keys.iter().filter_map(|key| edges.receivers.remove(key)).collect();
        let room = room::of_gatherer(plan, at, max_batch, receivers.len());
        let exchanges = plan.exchanges.iter().enumerate().filter(|(_, e)| ends_of(plan, e) == (source, at));
        let arrivals = exchanges.map(|(index, exchange)| Arrival {
            exchange: index as u16,
            at: position(&plan.segments[at].nodes, exchange.to.node).expect("the reader is in this segment"),
            port: exchange.to.port as u16,
            feed: exchange.to.feed as u16,
            gather: (exchange.how != Route::Same)
                .then(|| Gatherer::new(exchange.to.node, &exchange.columns, room)),
            batches: Vec::with_capacity(receivers.len()),
        });
        let arrivals = arrivals.collect();
        run.inbound.push(Inbound { edges: receivers, arrivals });
    }
}

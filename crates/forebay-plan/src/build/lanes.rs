//! Where nodes run and what has to be exchanged between them.
//!
//! Sources whose streams have no order among each other are on all lanes, each with its share of the streams, where all
//! sources are of that kind; the others are on one. Keyed nodes are on all lanes by key, and what has no state stays where its
//! input is. So does a sink that may, unless its messages have a key and their rows lie otherwise: then they go to the lane of their key. All other
//! sinks are on one lane. A node's level counts the exchanges on the longest way to it; nodes of one level and one spread are a
//! segment.
//!
//! Invariants: levels never fall along a link and rise where rows are moved, so segments have no cycles and every
//! link inside a segment stays on its lane. With one lane there is one segment.

use std::collections::BTreeSet;

use crate::graph::{Entry, Link, Out};
use crate::plan::{Route, Spread};
use crate::resolve::Resolved;

pub(crate) struct Lanes {
    pub nodes: Vec<Lane>,
    /// By level and spread, in order.
    pub segments: Vec<(usize, Spread)>,
}

pub(crate) struct Lane {
    pub spread: Spread,
    /// The columns by whose values the rows of its outputs are spread, where they are.
    pub by: Option<Vec<String>>,
    pub level: usize,
    pub segment: usize,
    /// For each input and link how rows come here; `None` inside a segment.
    pub routes: Vec<Vec<Option<Route>>>,
}

impl Lanes {
    pub fn new(resolved: &Resolved<'_>, lanes: u32) -> Lanes {
        let mut nodes: Vec<Lane> = Vec::with_capacity(resolved.graph.nodes.len());
        for at in 0..resolved.graph.nodes.len() {
            nodes.push(place(resolved, &nodes, at, lanes));
        }
        let segments: BTreeSet<(usize, Spread)> =
            nodes.iter().map(|lane| (lane.level, lane.spread)).collect();
        let segments: Vec<_> = segments.into_iter().collect();
        for lane in &mut nodes {
            lane.segment =
                segments.iter().position(|segment| *segment == (lane.level, lane.spread)).unwrap_or(0);
        }
        let mut lanes = Lanes { nodes, segments };
        lanes.cross_levels(resolved);
        lanes
    }

    pub fn route(&self, node: usize, port: usize, link: usize) -> Option<Route> {
        self.nodes[node].routes[port][link]
    }

    /// Rows that change the segment but not the lane.
    fn cross_levels(&mut self, resolved: &Resolved<'_>) {
        for (at, node) in resolved.graph.nodes.iter().enumerate() {
            for (i, port) in node.ports.iter().enumerate() {
                for (j, link) in port.iter().flat_map(|port| &port.links).enumerate() {
                    let crosses = self.nodes[link.from].segment != self.nodes[at].segment;
                    self.nodes[at].routes[i][j] =
                        self.nodes[at].routes[i][j].or(crosses.then_some(Route::Same));
                }
            }
        }
    }
}

fn place(resolved: &Resolved<'_>, before: &[Lane], at: usize, lanes: u32) -> Lane {
    let node = &resolved.graph.nodes[at];
    let keys = resolved.checked[at].keys.as_ref();
    let main = || node.ports.iter().flatten().take(1).flat_map(|port| &port.links);
    let spread = if lanes > 1 { spread(resolved, before, at) } else { Spread::One };
    let adds = node.body().kind.is_some_and(|kind| kind.facts.adds);
    let by = match keys {
        _ if spread == Spread::One || !adds => None,
        Some(keys) => keys.first().cloned(),
        None => {
            let mut all = main().map(|link| spread_by(resolved, before, link));
            let first = all.next().flatten();
            first.filter(|first| all.all(|other| other.as_ref() == Some(first)))
        }
    };
    let mut level = 0;
    let mut routes = Vec::with_capacity(node.ports.len());
    for (i, port) in node.ports.iter().enumerate() {
        let key = keys.and_then(|keys| keys.get(i));
        let moved = port.iter().flat_map(|port| &port.links).map(|link| {
            let from = &before[link.from];
            let route = match (from.spread, spread) {
                (Spread::Keyed | Spread::Streams, Spread::One) => Some(Route::ToOne),
                (Spread::One | Spread::Streams, Spread::Keyed) => Some(Route::ByKey),
                (Spread::Keyed, Spread::Keyed) => {
                    let stays = key.is_none() || spread_by(resolved, before, link).as_ref() == key;
                    (!stays).then_some(Route::ByKey)
                }
                (Spread::One, Spread::One) | (_, Spread::Streams) => None,
            };
            level = level.max(from.level + usize::from(route.is_some()));
            route
        });
        routes.push(moved.collect());
    }
    Lane { spread, by, level, segment: 0, routes }
}

/// Where a node runs, with several lanes.
fn spread(resolved: &Resolved<'_>, before: &[Lane], at: usize) -> Spread {
    let nodes = &resolved.graph.nodes;
    let spreads = |at: usize| nodes[at].body().kind.is_some_and(|kind| kind.facts.spreads);
    let connected = nodes[at].ports.iter().flatten().count();
    let links = || nodes[at].ports.iter().flatten().take(1).flat_map(|port| &port.links);
    let keys = resolved.checked[at].keys.as_ref();
    // The spread that all of its input has.
    let mut spreads_above = links().map(|link| before[link.from].spread);
    let first = spreads_above.next().filter(|_| connected == 1);
    let inherited = first.filter(|first| spreads_above.all(|other| other == *first));
    match nodes[at].entry {
        Entry::Source(_) => {
            let mut sources = (0..nodes.len()).filter(|at| matches!(nodes[*at].entry, Entry::Source(_)));
            if sources.all(spreads) { Spread::Streams } else { Spread::One }
        }
        Entry::Stage(_) if keys.is_some() => Spread::Keyed,
        Entry::Stage(_) => inherited.unwrap_or(Spread::One),
        Entry::Sink(_) if !spreads(at) || nodes[at].takes_dead_letters() => Spread::One,
        Entry::Sink(_) => match (inherited, keys.and_then(|keys| keys.first())) {
            // What has an order has that of its stream.
            (Some(Spread::One | Spread::Streams), _) | (_, None) => inherited.unwrap_or(Spread::One),
            (_, Some(_)) => Spread::Keyed,
        },
    }
}

/// By which columns the rows of a link are spread.
fn spread_by(resolved: &Resolved<'_>, before: &[Lane], link: &Link) -> Option<Vec<String>> {
    match link.output {
        Out::Port(_) => before[link.from].by.clone(),
        // Rows that are behind have come to their key's lane before anybody saw that they are.
        Out::Behind if before[link.from].spread == Spread::Keyed => {
            resolved.checked[link.from].keys.as_ref().and_then(|keys| keys.first().cloned())
        }
        _ => None,
    }
}

//! Which expected record belongs to which one that came.
//!
//! Where every expected record says its key, only records of one key have to be in order (they are a *lane*); otherwise all
//! records are one lane. Where as many came as are expected, they are paired by their places, unless they are the same ones
//! in another order. Otherwise records that are as expected are paired first, then those that differ least: one record too
//! many is told as that, and not as a difference of every record behind it.

use std::collections::HashMap;
use std::ops::Range;

use forebay_types::{Node, Value};

use super::data;
use super::engine::{Captured, Column};
use super::matching::matches;

/// An expected record, one that came, or both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub expected: Option<usize>,
    pub got: Option<usize>,
    /// Whether they are as they should be.
    pub is_good: bool,
    pub lane: usize,
}

/// Beyond so many comparisons records are paired by their places.
const MAX_COMPARED: usize = 1 << 18;

/// The pairs in the order of what is expected; then what was not expected, in the order in which it came.
pub(super) fn pairs(expected: &[Node], captured: &Captured) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(expected.len());
    for (lane, (ours, theirs)) in lanes(expected, captured).into_iter().enumerate() {
        Lane { expected, captured, ours: &ours, theirs: &theirs, lane }.pair(&mut pairs);
    }
    pairs.sort_by_key(|pair| (pair.expected.is_none(), pair.expected, pair.got));
    pairs
}

pub(super) fn is_cell_met(name: &str, expected: &Node, got: &Node, columns: &[Column]) -> bool {
    let column = Column::find(columns, name);
    column.is_some_and(|column| matches(expected, data::find(got, name), &column.ty))
}

/// The places of expected records and of those that came.
type Places = (Vec<usize>, Vec<usize>);

fn lanes(expected: &[Node], captured: &Captured) -> Vec<Places> {
    let got = &captured.records;
    let one = || vec![((0..expected.len()).collect(), (0..got.len()).collect())];
    let literal =
        |node: &Node| !matches!(node.value, Value::Map(_)) && node.text().is_none_or(|t| t.text != "any");
    let key = &captured.key;
    let says = |record: &Node| key.iter().all(|name| data::find(record, name).is_some_and(literal));
    if key.is_empty() || !expected.iter().all(says) {
        return one();
    }
    let text = |record: &Node| {
        let mut text = String::new();
        for name in key {
            data::find(record, name).into_iter().for_each(|node| data::write_json(node, &mut text));
            text.push('\n');
        }
        text
    };
    let mut lanes: Vec<Places> = Vec::new();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for (at, record) in got.iter().enumerate() {
        let lane = *by_key.entry(text(record)).or_insert(lanes.len());
        if lane == lanes.len() {
            lanes.push(Places::default());
        }
        lanes[lane].1.push(at);
    }
    for (at, record) in expected.iter().enumerate() {
        let key_text = text(record);
        let lane = by_key.get(&key_text).copied().unwrap_or_else(|| {
            // The same key may be written in another way.
            let is_met = |name: &String, got: &Node| {
                data::find(record, name).is_some_and(|node| is_cell_met(name, node, got, &captured.columns))
            };
            let same = |(_, theirs): &Places| {
                theirs.first().is_some_and(|first| key.iter().all(|name| is_met(name, &got[*first])))
            };
            lanes.iter().position(same).unwrap_or(lanes.len())
        });
        if lane == lanes.len() {
            lanes.push(Places::default());
        }
        by_key.insert(key_text, lane);
        lanes[lane].0.push(at);
    }
    lanes
}

struct Lane<'a> {
    expected: &'a [Node],
    captured: &'a Captured,
    ours: &'a [usize],
    theirs: &'a [usize],
    lane: usize,
}

impl Lane<'_> {
    fn pair(&self, out: &mut Vec<Pair>) {
        let (n, m) = (self.ours.len(), self.theirs.len());
        let head = (0..n.min(m)).take_while(|at| self.is_met(*at, *at)).count();
        let rest = n.min(m) - head;
        let tail = (0..rest).take_while(|back| self.is_met(n - 1 - back, m - 1 - back)).count();
        out.extend((0..head).map(|at| self.both(at, at, true)));
        out.extend((0..tail).map(|back| self.both(n - 1 - back, m - 1 - back, true)));
        let (ours, theirs) = (head..n - tail, head..m - tail);
        if ours.len() * theirs.len() > MAX_COMPARED {
            return self.by_place(ours.collect(), theirs.collect(), out);
        }
        if ours.len() == theirs.len() {
            return match self.turned(ours.clone()) {
                Some(turned) => out.extend(turned.iter().map(|(e, g)| self.both(*e, *g, e == g))),
                None => self.by_place(ours.collect(), theirs.collect(), out),
            };
        }
        let anchors = self.anchors(head, n - tail, m - tail);
        self.between(&anchors, ours, theirs, out);
    }

    fn both(&self, e: usize, g: usize, is_good: bool) -> Pair {
        Pair { expected: Some(self.ours[e]), got: Some(self.theirs[g]), is_good, lane: self.lane }
    }

    fn is_met(&self, e: usize, g: usize) -> bool {
        let (met, of) = self.met(e, g);
        met == of
    }

    /// How many of the columns that the expected record names are as it says.
    fn met(&self, e: usize, g: usize) -> (usize, usize) {
        let fields = data::columns(&self.expected[self.ours[e]]);
        let got = &self.captured.records[self.theirs[g]];
        let is_met = |field: &&forebay_types::value::Entry| {
            is_cell_met(&field.key, &field.node, got, &self.captured.columns)
        };
        (fields.iter().filter(is_met).count(), fields.len())
    }

    /// As many as expected came: whether they are all there, in another order.
    fn turned(&self, places: Range<usize>) -> Option<Vec<(usize, usize)>> {
        let mut free: Vec<usize> = places.clone().collect();
        let pairs = places.map(|e| {
            let at = match free.iter().position(|g| *g == e && self.is_met(e, e)) {
                Some(at) => at,
                None => free.iter().position(|g| self.is_met(e, *g))?,
            };
            Some((e, free.remove(at)))
        });
        pairs.collect()
    }

    /// Pairs in order that have most in common, from `head` on; a record as expected counts more than many that differ.
    fn anchors(&self, head: usize, ours: usize, theirs: usize) -> Vec<(usize, usize)> {
        let weight = |e, g| match self.met(e, g) {
            (met, of) if met == of => 1_000_000,
            (met, of) => met * 1_000 / of,
        };
        let (n, m) = (ours - head, theirs - head);
        let weights: Vec<Vec<usize>> =
            (head..ours).map(|e| (head..theirs).map(|g| weight(e, g)).collect()).collect();
        let mut best = vec![vec![0; m + 1]; n + 1];
        for e in (0..n).rev() {
            for g in (0..m).rev() {
                let both = weights[e][g] + best[e + 1][g + 1];
                best[e][g] = both.max(best[e + 1][g]).max(best[e][g + 1]);
            }
        }
        let (mut e, mut g, mut anchors) = (0, 0, Vec::new());
        while e < n && g < m {
            if weights[e][g] > 0 && best[e][g] == weights[e][g] + best[e + 1][g + 1] {
                anchors.push((head + e, head + g));
                (e, g) = (e + 1, g + 1);
            } else if best[e][g] == best[e + 1][g] {
                e += 1;
            } else {
                g += 1;
            }
        }
        anchors
    }

    /// The anchors, and what stands between them: records that came out of order, then what is left by place.
    fn between(
        &self,
        anchors: &[(usize, usize)],
        ours: Range<usize>,
        theirs: Range<usize>,
        out: &mut Vec<Pair>,
    ) {
        let mut free: Vec<usize> =
            theirs.clone().filter(|g| anchors.iter().all(|(_, other)| other != g)).collect();
        let mut moved = Vec::new();
        for e in ours.clone().filter(|e| anchors.iter().all(|(other, _)| other != e)) {
            if let Some(at) = free.iter().position(|g| self.is_met(e, *g)) {
                moved.push((e, free.remove(at)));
            }
        }
        out.extend(moved.iter().map(|(e, g)| self.both(*e, *g, false)));
        let (mut from_e, mut from_g) = (ours.start, theirs.start);
        for (e, g) in anchors.iter().copied().chain([(ours.end, theirs.end)]) {
            let ours = (from_e..e).filter(|e| moved.iter().all(|(other, _)| other != e)).collect();
            let theirs = (from_g..g).filter(|g| moved.iter().all(|(_, other)| other != g)).collect();
            self.by_place(ours, theirs, out);
            (from_e, from_g) = (e + 1, g + 1);
        }
        out.extend(anchors.iter().map(|(e, g)| self.both(*e, *g, self.is_met(*e, *g))));
    }

    fn by_place(&self, ours: Vec<usize>, theirs: Vec<usize>, out: &mut Vec<Pair>) {
        for at in 0..ours.len().max(theirs.len()) {
            let (e, g) = (ours.get(at), theirs.get(at));
            let is_good = e.zip(g).is_some_and(|(e, g)| self.is_met(*e, *g));
            let (expected, got) = (e.map(|e| self.ours[*e]), g.map(|g| self.theirs[*g]));
            out.push(Pair { expected, got, is_good, lane: self.lane });
        }
    }
}

//! Merging ordered lists. Everything that meets in the engine (streams at the sources, ports at a node, lanes at
//! an exchange) is merged by the same rule: the smallest key first, and among equal keys the list with the
//! smaller number. Keys hold the stream, so equal keys only occur within a stream.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;

/// A stretch `from..to` of one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub list: usize,
    pub from: usize,
    pub to: usize,
}

/// Merges ascending lists; keeps its memory from one merge to the next. Finding a run takes time logarithmic in the number
/// of lists and in the run's length.
#[derive(Debug)]
pub struct Merge<K> {
    runs: Vec<Run>,
    /// Of each list, what is not in a run yet.
    rest: Vec<Range<usize>>,
    /// The first key of each rest that is not empty, the smallest on top.
    heads: BinaryHeap<Reverse<(K, usize)>>,
}

impl<K: Ord> Default for Merge<K> {
    fn default() -> Merge<K> {
        Merge { runs: Vec::new(), rest: Vec::new(), heads: BinaryHeap::new() }
    }
}

impl<K: Ord> Merge<K> {
    /// With memory for so many lists of so many keys together.
    pub fn with_room(lists: usize, keys: usize) -> Merge<K> {
        Merge {
            runs: Vec::with_capacity(keys),
            rest: Vec::with_capacity(lists),
            heads: BinaryHeap::with_capacity(lists),
        }
    }

    /// Cuts lists of these lengths into runs in merged order; `key(i, j)` is the `j`-th key of list `i`. Runs are as long
    /// as they can be.
    pub fn cut(&mut self, lens: impl Iterator<Item = usize>, key: impl Fn(usize, usize) -> K) -> &[Run] {
        let Merge { runs, rest, heads } = self;
        runs.clear();
        rest.clear();
        rest.extend(lens.map(|len| 0..len));
        heads.clear();
        let filled = rest.iter().enumerate().filter(|(_, rest)| !rest.is_empty());
        heads.extend(filled.map(|(list, _)| Reverse((key(list, 0), list))));
        while let Some(Reverse((_, list))) = heads.pop() {
            let Range { start: from, end } = rest[list];
            let to = match heads.peek() {
                None => end,
                Some(Reverse(bound)) => partition_from(from, end, |at| (key(list, at), list) < *bound),
            };
            runs.push(Run { list, from, to });
            rest[list].start = to;
            if to < end {
                heads.push(Reverse((key(list, to), list)));
            }
        }
        runs
    }
}

/// The first index in `from..end` for which `before` is false, when it is true up to there and at `from`: doubling steps, so
/// that short runs cost little and long ones few comparisons.
pub fn partition_from(from: usize, end: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (from, 1);
    while low + step < end && before(low + step) {
        low += step;
        step *= 2;
    }
    let mut high = (low + step).min(end);
    // `low` is before, `high` is not (or the end).
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Merges lists that are still being read: each has some rows in hand, and those go on that nothing can come before. What
/// a step costs is logarithmic in the number of lists, however many of them stand still or have ended.
#[derive(Debug)]
pub struct Front<K> {
    /// The first key in hand of each list that has any, the smallest on top.
    firsts: BinaryHeap<Reverse<(K, usize)>>,
    /// Of each list that has not ended a key that all that is still to come is above. It may have risen since it was noted
    /// here, never fallen: only the one on top has to be true.
    bounds: BinaryHeap<Reverse<(K, usize)>>,
    limit: Limit<K>,
}

impl<K: Ord> Default for Front<K> {
    fn default() -> Front<K> {
        Front { firsts: BinaryHeap::new(), bounds: BinaryHeap::new(), limit: Limit::All }
    }
}

impl<K: Ord + Copy> Front<K> {
    /// Forgets every list.
    pub fn clear(&mut self) {
        self.firsts.clear();
        self.bounds.clear();
        self.limit = Limit::All;
    }

    /// A list from which something may come: all of it will be above this key.
    pub fn join(&mut self, list: usize, bound: K) {
        self.bounds.push(Reverse((bound, list)));
    }

    /// A list has rows in hand, from this key on; said again after each [`pop`](Self::pop) that leaves it some.
    pub fn wait(&mut self, list: usize, first: K) {
        self.firsts.push(Reverse((first, list)));
    }

    /// Works out how far rows may go on, after lists were read. `bound` is the key that all that is still to come of a list
    /// is above, and `None` where nothing is.
    pub fn look(&mut self, bound: impl Fn(usize) -> Option<K>) {
        self.limit = loop {
            let Some(mut top) = self.bounds.peek_mut() else { break Limit::All };
            let Reverse((noted, list)) = *top;
            match bound(list) {
                None => {
                    PeekMut::pop(top);
                }
                Some(key) if key == noted => break Limit::UpTo(key),
                Some(key) => *top = Reverse((key, list)),
            }
        };
    }

    /// The first key in hand of all lists.
    pub fn first(&self) -> Option<K> {
        self.firsts.peek().map(|Reverse((first, _))| *first)
    }

    /// Whether a row may go on.
    pub fn is_open(&self) -> bool {
        self.first().is_some_and(|first| self.limit.allows(&first))
    }

    /// Takes the list whose row comes next, and up to where its rows go on before another's do.
    pub fn pop(&mut self) -> Option<(usize, Limit<K>)> {
        if !self.is_open() {
            return None;
        }
        let Reverse((_, list)) = self.firsts.pop()?;
        let limit = match (self.limit, self.first()) {
            (Limit::UpTo(limit), Some(next)) => Limit::UpTo(limit.min(next)),
            (Limit::All, Some(next)) => Limit::UpTo(next),
            (limit, None) => limit,
        };
        Some((list, limit))
    }
}

/// How far a merge may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit<K> {
    /// Nothing is to come any more: all that is left.
    All,
    UpTo(K),
}

impl<K: Ord> Limit<K> {
    pub fn allows(&self, key: &K) -> bool {
        match self {
            Limit::All => true,
            Limit::UpTo(bound) => key <= bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    fn merged(lists: &[Vec<u32>]) -> Vec<(usize, usize)> {
        let mut merge = Merge::default();
        let out = merge.cut(lists.iter().map(Vec::len), |list, at| lists[list][at]);
        for pair in out.windows(2) {
            assert_ne!(pair[0].list, pair[1].list, "runs are as long as they can be: {out:?}");
        }
        out.iter().flat_map(|run| (run.from..run.to).map(|at| (run.list, at))).collect()
    }

    proptest! {
        #[test]
        fn runs_are_the_stable_sort(mut lists in prop::collection::vec(prop::collection::vec(0u32..40, 0..60), 0..5)) {
            lists.iter_mut().for_each(|list| list.sort());
            let mut wanted: Vec<(usize, usize)> =
                lists.iter().enumerate().flat_map(|(i, list)| (0..list.len()).map(move |j| (i, j))).collect();
            wanted.sort_by_key(|(i, j)| (lists[*i][*j], *i, *j));
            prop_assert_eq!(merged(&lists), wanted);
        }

        /// However records arrive in pieces, and however few go on at a time, the order is that of the whole.
        #[test]
        fn rows_never_overtake(
            mut streams in prop::collection::vec(prop::collection::vec(0u32..30, 0..20), 1..4),
            steps in prop::collection::vec((0usize..4, 1usize..5, 1usize..9), 0..60),
            ends_late: bool,
        ) {
            streams.iter_mut().for_each(|stream| stream.sort());
            let mut reading = Reading::new(&streams, ends_late);
            let finish = (0..8).flat_map(|_| (0..streams.len()).map(|s| (s, 100, 100)));
            for (s, count, room) in steps.into_iter().filter(|(s, ..)| *s < streams.len()).chain(finish) {
                reading.read(s, count);
                reading.go_on(room);
            }
            let mut wanted = reading.order.clone();
            wanted.sort();
            prop_assert_eq!(&reading.order, &wanted);
            prop_assert_eq!(reading.order.len(), streams.iter().map(Vec::len).sum::<usize>());
        }
    }

    type Key = (u32, usize, usize);

    /// Streams that are read in pieces and merged meanwhile.
    struct Reading<'a> {
        streams: &'a [Vec<u32>],
        /// The end of a stream is known with its last record, or only at the read after it.
        ends_late: bool,
        ended: Vec<bool>,
        read: Vec<usize>,
        gone: Vec<usize>,
        front: Front<Key>,
        order: Vec<Key>,
        looks: Cell<usize>,
    }

    impl Reading<'_> {
        fn new(streams: &[Vec<u32>], ends_late: bool) -> Reading<'_> {
            let mut front = Front::default();
            (0..streams.len()).for_each(|s| front.join(s, (0, 0, 0)));
            let none = vec![0; streams.len()];
            let ended = vec![false; streams.len()];
            let (gone, order, looks) = (none.clone(), Vec::new(), Cell::new(0));
            Reading { streams, ends_late, ended, read: none, gone, front, order, looks }
        }

        fn key(&self, s: usize, at: usize) -> Key {
            (self.streams[s][at], s, at)
        }

        /// As the engine does: a stream is read when nothing of it is in hand.
        fn read(&mut self, s: usize, count: usize) {
            if self.gone[s] < self.read[s] {
                return;
            }
            let all = self.streams[s].len();
            self.ended[s] |= self.read[s] == all;
            self.read[s] = (self.read[s] + count).min(all);
            self.ended[s] |= !self.ends_late && self.read[s] == all;
            if self.gone[s] < self.read[s] {
                self.front.wait(s, self.key(s, self.gone[s]));
            }
        }

        fn go_on(&mut self, mut room: usize) {
            let mut front = std::mem::take(&mut self.front);
            front.look(|s| {
                self.looks.set(self.looks.get() + 1);
                let last = self.read[s].checked_sub(1);
                (!self.ended[s]).then(|| last.map_or((0, 0, 0), |last| self.key(s, last)))
            });
            while room > 0
                && let Some((s, limit)) = front.pop()
            {
                while room > 0 && self.gone[s] < self.read[s] && limit.allows(&self.key(s, self.gone[s])) {
                    self.order.push(self.key(s, self.gone[s]));
                    self.gone[s] += 1;
                    room -= 1;
                }
                if self.gone[s] < self.read[s] {
                    front.wait(s, self.key(s, self.gone[s]));
                }
            }
            self.front = front;
        }
    }

    #[test]
    fn work_grows_with_the_streams_and_not_with_their_square() {
        // Each has its two records behind those of the one before.
        let streams: Vec<Vec<u32>> = (0..1_000).map(|s| vec![2 * s, 2 * s + 1]).collect();
        let mut reading = Reading::new(&streams, true);
        let mut rounds = 0;
        while reading.ended.contains(&false) || reading.front.first().is_some() {
            let idle = |s: &usize| reading.gone[*s] == reading.read[*s] && !reading.ended[*s];
            for s in (0..streams.len()).filter(idle).collect::<Vec<_>>() {
                reading.read(s, 1);
            }
            reading.go_on(100);
            rounds += 1;
        }
        assert_eq!(reading.order.len(), 2_000);
        // Each read moves one bound, and each round looks at the lowest once more.
        let looks = reading.looks.get();
        assert!(rounds > 1_000 && looks < 5 * rounds, "{looks} looks in {rounds} rounds");
    }
}

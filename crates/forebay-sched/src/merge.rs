//! Merging ordered lists. Everything that meets in the engine (streams at the sources, ports at a node, lanes at
//! an exchange) is merged by the same rule: the smallest key first, and among equal keys the list with the
//! smaller number. Keys hold the stream, so equal keys only occur within a stream.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
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

/// The first index in `from..end` for which `before` is false, when it is true up to there: doubling steps, so
/// that short runs cost little and long ones few comparisons.
fn partition_from(from: usize, end: usize, before: impl Fn(usize) -> bool) -> usize {
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

/// What a stream has ready to be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head<K> {
    /// Records with keys up to and including this one.
    UpTo(K),
    /// Nothing now; what comes will be above this key.
    Above(K),
    /// Nothing any more.
    Ended,
}

/// Up to which key records may go on: every record that is still to come from any stream is above it.
pub fn limit<K: Ord + Copy>(heads: impl IntoIterator<Item = Head<K>>) -> Limit<K> {
    let mut limit = Limit::All;
    for head in heads {
        let bound = match head {
            Head::Ended => continue,
            Head::UpTo(key) | Head::Above(key) => key,
        };
        limit = match limit {
            Limit::All => Limit::UpTo(bound),
            Limit::UpTo(other) => Limit::UpTo(other.min(bound)),
        };
    }
    limit
}

/// How far a merge may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit<K> {
    /// Every stream has ended: all that is left.
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

        /// However records arrive in pieces, releasing up to the limit gives the order of the whole.
        #[test]
        fn releasing_up_to_the_limit_never_overtakes(
            mut streams in prop::collection::vec(prop::collection::vec(0u32..30, 0..20), 1..4),
            steps in prop::collection::vec((0usize..4, 1usize..5), 0..60),
        ) {
            streams.iter_mut().for_each(|stream| stream.sort());
            let key = |s: usize, at: usize| (streams[s][at], s, at);
            let mut read = vec![0; streams.len()];
            let mut released = vec![0; streams.len()];
            let mut order = Vec::new();
            let finish = (0..streams.len()).map(|s| (s, 100));
            for (s, count) in steps.into_iter().filter(|(s, _)| *s < streams.len()).chain(finish) {
                read[s] = (read[s] + count).min(streams[s].len());
                let limit = limit((0..streams.len()).map(|s| match read[s] {
                    n if n == streams[s].len() => Head::Ended,
                    0 => Head::Above((0, s, 0)),
                    n if released[s] == n => Head::Above(key(s, n - 1)),
                    n => Head::UpTo(key(s, n - 1)),
                }));
                let mut batch: Vec<_> = (0..streams.len())
                    .flat_map(|s| (released[s]..read[s]).map(move |at| (s, at)))
                    .filter(|(s, at)| limit.allows(&key(*s, *at)))
                    .collect();
                batch.sort_by_key(|(s, at)| key(*s, *at));
                for (s, at) in batch {
                    prop_assert_eq!(at, released[s]);
                    released[s] += 1;
                    order.push(key(s, at));
                }
            }
            let mut wanted = order.clone();
            wanted.sort();
            prop_assert_eq!(&order, &wanted);
            prop_assert_eq!(order.len(), streams.iter().map(Vec::len).sum::<usize>());
        }
    }
}

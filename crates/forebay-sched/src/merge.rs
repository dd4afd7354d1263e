//! Merging ordered lists. Everything that meets in the engine (streams at the sources, ports at a node, lanes at
//! an exchange) is merged by the same rule: the smallest key first, and among equal keys the list with the
//! smaller number. Keys hold the stream, so equal keys only occur within a stream.

/// A stretch `from..to` of one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub list: usize,
    pub from: usize,
    pub to: usize,
}

/// Cuts ascending lists into runs in merged order. `lens[i]` is the length of list `i`, `key(i, j)` its `j`-th
/// key. Runs are as long as they can be.
pub fn runs<K: Ord>(lens: &[usize], key: impl Fn(usize, usize) -> K, out: &mut Vec<Run>) {
    out.clear();
    let mut next = vec![0; lens.len()];
    loop {
        let head = |list: usize| (key(list, next[list]), list);
        let mut waiting =
            (0..lens.len()).filter(|list| next[*list] < lens[*list]).map(|list| (head(list), list));
        let Some(first) = waiting.next() else { return };
        // The list with the smallest head, and the smallest head of the others.
        let (mut least, mut rival) = (first, None);
        for other in waiting {
            let loser = if other.0 < least.0 { std::mem::replace(&mut least, other) } else { other };
            if rival.as_ref().is_none_or(|(bound, _)| loser.0 < *bound) {
                rival = Some(loser);
            }
        }
        let (list, from) = (least.1, next[least.1]);
        let to = match rival {
            None => lens[list],
            Some((bound, _)) => partition_from(from, lens[list], |at| (key(list, at), list) < bound),
        };
        out.push(Run { list, from, to });
        next[list] = to;
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
        let lens: Vec<usize> = lists.iter().map(Vec::len).collect();
        let mut out = Vec::new();
        runs(&lens, |list, at| lists[list][at], &mut out);
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

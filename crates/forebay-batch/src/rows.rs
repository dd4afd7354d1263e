//! Which rows of a batch's row space are selected.

use std::collections::VecDeque;
use std::sync::Arc;

/// A selection, always in ascending order.
#[derive(Clone, Debug)]
pub enum Rows {
    /// `start..end`.
    Range(u32, u32),
    List(Arc<Vec<u32>>),
}

impl Rows {
    pub fn len(&self) -> usize {
        match self {
            Rows::Range(start, end) => (end - start) as usize,
            Rows::List(rows) => rows.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `index`-th selected row.
    #[inline]
    pub fn at(&self, index: usize) -> usize {
        match self {
            Rows::Range(start, _) => *start as usize + index,
            Rows::List(rows) => rows[index] as usize,
        }
    }

    pub fn iter(&self) -> RowsIter<'_> {
        match self {
            Rows::Range(start, end) => RowsIter::Range(*start as usize..*end as usize),
            Rows::List(rows) => RowsIter::List(rows.iter()),
        }
    }

    /// The smallest range that holds all rows: column kernels work on the hull, branch-free.
    pub fn hull(&self) -> std::ops::Range<usize> {
        match self {
            Rows::Range(start, end) => *start as usize..*end as usize,
            Rows::List(rows) => match (rows.first(), rows.last()) {
                (Some(first), Some(last)) => *first as usize..*last as usize + 1,
                _ => 0..0,
            },
        }
    }
}

pub enum RowsIter<'a> {
    Range(std::ops::Range<usize>),
    List(std::slice::Iter<'a, u32>),
}

impl Iterator for RowsIter<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        match self {
            RowsIter::Range(range) => range.next(),
            RowsIter::List(rows) => rows.next().map(|row| *row as usize),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            RowsIter::Range(range) => range.size_hint(),
            RowsIter::List(rows) => rows.size_hint(),
        }
    }
}

impl ExactSizeIterator for RowsIter<'_> {}

/// Makes selections and uses their memory again.
pub struct RowsRing {
    /// Lists given out before, oldest first.
    out: VecDeque<Arc<Vec<u32>>>,
    /// Those that nobody holds, the one that was used last on top.
    free: Vec<Arc<Vec<u32>>>,
    /// So many are kept at most.
    limit: usize,
}

/// How many are kept where nobody says.
const RING: usize = 64;

impl Default for RowsRing {
    fn default() -> RowsRing {
        RowsRing { out: VecDeque::new(), free: Vec::new(), limit: RING }
    }
}

impl RowsRing {
    /// With so many lists made beforehand, each with room for so many rows: as long as no more are held at once, nothing is
    /// allocated.
    pub fn with_room(lists: usize, rows: usize) -> RowsRing {
        let limit = lists.max(RING);
        let free = (0..lists).map(|_| Arc::new(Vec::with_capacity(rows))).collect();
        RowsRing { out: VecDeque::with_capacity(limit), free, limit }
    }

    /// The rows of `rows` that `keep` says yes to; a range stays a range where all are kept.
    pub fn filter(&mut self, rows: &Rows, mut keep: impl FnMut(usize) -> bool) -> Rows {
        let mut list = self.take();
        let out = Arc::get_mut(&mut list).expect("taken lists are held once");
        out.extend(rows.iter().filter(|row| keep(*row)).map(|row| row as u32));
        if out.len() == rows.len() {
            self.free.push(list);
            return rows.clone();
        }
        self.give(list)
    }

    /// The selected rows from the `from`-th to before the `to`-th.
    pub fn part(&mut self, rows: &Rows, from: usize, to: usize) -> Rows {
        match rows {
            Rows::Range(start, _) => Rows::Range(start + from as u32, start + to as u32),
            Rows::List(list) if from == 0 && to == list.len() => rows.clone(),
            Rows::List(list) => self.list(list[from..to].iter().copied()),
        }
    }

    /// A selection of exactly these rows, which ascend.
    pub fn list(&mut self, rows: impl IntoIterator<Item = u32>) -> Rows {
        let mut list = self.take();
        Arc::get_mut(&mut list).expect("taken lists are held once").extend(rows);
        self.give(list)
    }

    fn take(&mut self) -> Arc<Vec<u32>> {
        while self.out.front_mut().is_some_and(|list| Arc::get_mut(list).is_some()) {
            self.free.extend(self.out.pop_front());
        }
        let mut list = self.free.pop().unwrap_or_default();
        if let Some(rows) = Arc::get_mut(&mut list) {
            rows.clear();
        }
        list
    }

    fn give(&mut self, list: Arc<Vec<u32>>) -> Rows {
        if self.out.len() >= self.limit {
            self.out.pop_front();
        }
        self.out.push_back(list.clone());
        Rows::List(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_narrows_and_its_memory_comes_back() {
        let mut ring = RowsRing::default();
        let all = Rows::Range(2, 8);
        let even = ring.filter(&all, |row| row % 2 == 0);
        assert_eq!(even.iter().collect::<Vec<_>>(), [2, 4, 6]);
        assert_eq!(even.hull(), 2..7);
        assert_eq!((even.at(2), all.at(2)), (6, 4));
        let part = ring.part(&even, 1, 3);
        assert_eq!(part.iter().collect::<Vec<_>>(), [4, 6]);
        let Rows::List(list) = &even else { panic!("a filtered range is a list") };
        let address = list.as_ptr();
        drop(even);
        let Rows::List(again) = ring.filter(&all, |row| row == 3) else { panic!("a list") };
        assert_eq!((again.as_ptr(), again.as_slice()), (address, &[3][..]));
        assert!(matches!(ring.filter(&all, |_| true), Rows::Range(2, 8)));
        assert_eq!(part.iter().collect::<Vec<_>>(), [4, 6], "a held list is not touched");
    }
}

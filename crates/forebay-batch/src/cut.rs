//! Groups of some rows of a group, which share its memory: what a source hands out of a chunk that is not due as a whole.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::Columns;

/// Cuts groups and uses their shells again. Shells are emptied by [`settle`](Self::settle), so that nothing holds the memory
/// of the whole group once nobody works on its parts.
#[derive(Default)]
pub struct CutRing {
    out: VecDeque<Arc<Columns>>,
    free: Vec<Arc<Columns>>,
}

impl CutRing {
    /// With so many shells made beforehand.
    pub fn with_room(cuts: usize) -> CutRing {
        CutRing { out: VecDeque::with_capacity(cuts), free: (0..cuts).map(|_| Arc::default()).collect() }
    }

    /// Rows `from..to` of a group.
    pub fn cut(&mut self, whole: &Columns, from: usize, to: usize) -> Arc<Columns> {
        let mut shell = self.free.pop().unwrap_or_default();
        let columns = Arc::get_mut(&mut shell).expect("free shells are held once");
        columns.edit(|cols| cols.extend(whole.cols().iter().map(|col| col.part(from, to))));
        self.out.push_back(shell.clone());
        shell
    }

    /// Empties the oldest ones that nobody holds any more.
    pub fn settle(&mut self) {
        while let Some(front) = self.out.front_mut() {
            let Some(columns) = Arc::get_mut(front) else { return };
            columns.edit(Vec::clear);
            self.free.extend(self.out.pop_front());
        }
    }
}

#[cfg(test)]
mod tests {
    use forebay_types::Ty;

    use super::*;
    use crate::Builder;

    #[test]
    fn a_part_shares_the_memory_and_lets_go_of_it() {
        let mut builder = Builder::new(&[Ty::I64]);
        builder.begin();
        (0..6).for_each(|row| builder.col(0).push(row as i64));
        let whole = builder.finish();
        let address = whole.cols()[0].fixed::<i64>().as_ptr();
        let mut ring = CutRing::default();
        let (first, second) = (ring.cut(&whole, 0, 2), ring.cut(&whole, 2, 6));
        assert_eq!(
            (first.cols()[0].fixed::<i64>(), second.cols()[0].fixed::<i64>()),
            (&[0, 1][..], &[2, 3, 4, 5][..])
        );
        assert!(std::ptr::eq(first.cols()[0].fixed::<i64>().as_ptr(), address));
        assert!(second.holds(4) && !second.holds(5));
        let shell = Arc::as_ptr(&first);
        drop((whole, first));
        ring.settle();
        let third = ring.cut(&second, 1, 2);
        assert_eq!((Arc::as_ptr(&third), third.cols()[0].fixed::<i64>()), (shell, &[3][..]));
        drop((second, third));
        ring.settle();
        // Nobody else holds the memory: the builder takes it back.
        builder.begin();
        builder.col(0).push(7i64);
        assert_eq!(builder.finish().cols()[0].fixed::<i64>().as_ptr(), address);
    }
}

//! Builds group after group of the same columns and uses the memory of those that nobody holds any more.

use std::collections::VecDeque;
use std::sync::Arc;

use forebay_types::Ty;

use crate::{Col, ColMut, Columns, Presence};

/// How many groups given out are kept for reuse where nobody says; more in flight than that allocate.
const RING: usize = 64;

/// Makes groups of columns of the same types. One owner; `finish` gives a frozen group and the builder is empty
/// again.
pub struct Builder {
    cols: Vec<ColMut>,
    /// Groups given out before, oldest first.
    out: VecDeque<Arc<Columns>>,
    /// Those that nobody holds, the one that was used last on top.
    free: Vec<Arc<Columns>>,
    /// A group whose memory `cols` took over, to be filled by the next `finish`.
    shell: Option<Arc<Columns>>,
    /// So many groups are kept at most.
    limit: usize,
}

impl Builder {
    pub fn new<'t>(types: impl IntoIterator<Item = &'t Ty>) -> Builder {
        Builder {
            cols: types.into_iter().map(ColMut::new).collect(),
            out: VecDeque::with_capacity(RING),
            free: Vec::new(),
            shell: None,
            limit: RING,
        }
    }

    /// A builder with so many groups made beforehand, each with [room](ColMut::reserve) for so many rows: as long as no more
    /// are held at once, groups of values of fixed width allocate nothing.
    pub fn with_room<'t>(types: impl IntoIterator<Item = &'t Ty>, groups: usize, rows: usize) -> Builder {
        let mut builder = Builder::new(types);
        let made: Vec<Arc<Columns>> = (0..groups)
            .map(|_| {
                builder.cols.iter_mut().for_each(|col| col.reserve(rows));
                builder.freeze(Arc::default())
            })
            .collect();
        builder.cols.iter_mut().for_each(|col| col.reserve(rows));
        builder.limit = groups.max(RING);
        builder.free = made;
        builder.out.reserve(builder.limit);
        builder
    }

    pub fn col(&mut self, index: usize) -> &mut ColMut {
        &mut self.cols[index]
    }

    pub fn cols(&mut self) -> &mut [ColMut] {
        &mut self.cols
    }

    pub fn rows(&self) -> usize {
        self.cols.first().map_or(0, ColMut::rows)
    }

    /// Empties the columns and gets memory ready. Comes before the first row of every group.
    pub fn begin(&mut self) {
        if self.shell.is_none() {
            self.reclaim();
        }
        self.cols.iter_mut().for_each(ColMut::clear);
    }

    /// Takes the memory of a group back that only this builder holds.
    fn reclaim(&mut self) {
        while self.out.front_mut().is_some_and(|group| Arc::get_mut(group).is_some()) {
            self.free.extend(self.out.pop_front());
        }
        let Some(mut group) = self.free.pop() else { return };
        if let Some(columns) = Arc::get_mut(&mut group) {
            columns.edit(|cols| self.cols.iter_mut().zip(cols).for_each(|(col, from)| col.thaw_from(from)));
            self.shell = Some(group);
        }
    }

    /// Freezes what was built.
    pub fn finish(&mut self) -> Arc<Columns> {
        let shell = self.shell.take().unwrap_or_default();
        let group = self.freeze(shell);
        if self.out.len() == self.limit {
            self.out.pop_front();
        }
        self.out.push_back(group.clone());
        group
    }

    fn freeze(&mut self, mut group: Arc<Columns>) -> Arc<Columns> {
        let columns = Arc::get_mut(&mut group).expect("a shell is held by nobody else");
        columns.edit(|cols| {
            cols.resize_with(self.cols.len(), Col::default);
            self.cols.iter_mut().zip(cols).for_each(|(col, into)| col.freeze_into(into));
        });
        group
    }
}

impl Col {
    /// A column without a value in any row.
    pub fn missing(ty: &Ty, rows: usize) -> Col {
        let (mut build, mut col) = (ColMut::new(ty), Col::default());
        (0..rows).for_each(|_| build.push_absent(Presence::Missing));
        build.freeze_into(&mut col);
        col
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(builder: &mut Builder, rows: usize) -> Arc<Columns> {
        builder.begin();
        for row in 0..rows {
            builder.col(0).push(row as i64);
            builder.col(1).push_str(&format!("t{row}"));
            if row % 2 == 0 {
                builder.col(2).items().push(row as u32);
                builder.col(2).end_list();
            } else {
                builder.col(2).push_absent(Presence::Missing);
            }
        }
        builder.finish()
    }

    fn types() -> [Ty; 3] {
        [Ty::I64, Ty::String, Ty::List(Box::new(Ty::U32)).optional()]
    }

    #[test]
    fn memory_is_used_again_once_nobody_holds_it() {
        let mut builder = Builder::new(&types());
        let first = build(&mut builder, 4);
        let address = first.cols()[0].fixed::<i64>().as_ptr();
        let second = build(&mut builder, 4);
        assert_ne!(second.cols()[0].fixed::<i64>().as_ptr(), address, "the first group is still held");
        drop(first);
        let third = build(&mut builder, 3);
        assert_eq!(third.cols()[0].fixed::<i64>().as_ptr(), address);
        assert_eq!(third.cols()[0].fixed::<i64>(), [0, 1, 2]);
        assert_eq!(third.cols()[1].var().str(2), "t2");
        let (offsets, items) = third.cols()[2].list();
        assert_eq!((offsets, items.fixed::<u32>()), (&[0, 1, 1, 2][..], &[0, 2][..]));
        assert_eq!(
            [0, 1, 2].map(|row| third.cols()[2].presence(row)),
            [Presence::Value, Presence::Missing, Presence::Value]
        );
        assert_eq!(second.cols()[1].var().str(3), "t3", "a held group is not touched");
    }

    #[test]
    fn one_row_is_read_as_all_of_them_are() {
        let mut builder = Builder::new(&types());
        let first = build(&mut builder, 4);
        let cols = first.cols();
        for row in 0..4 {
            assert_eq!(cols[0].value::<i64>(row), cols[0].fixed::<i64>()[row]);
            assert_eq!(cols[1].text(row), cols[1].var().get(row));
        }
        let part = cols[1].part(2, 4);
        assert_eq!([0, 1].map(|row| part.text(row)), [b"t2", b"t3"]);
    }

    #[test]
    fn padding_stands_between_rows_and_says_nothing() {
        let mut builder = Builder::new(&types());
        builder.begin();
        (0..3).for_each(|col| builder.col(col).pad(2));
        builder.col(0).push(7i64);
        builder.col(1).push_str("a");
        builder.col(2).push_absent(Presence::Null);
        (0..3).for_each(|col| builder.col(col).pad(1));
        let made = builder.finish();
        assert_eq!(made.cols()[0].fixed::<i64>(), [0, 0, 7, 0]);
        assert_eq!([0, 1, 2, 3].map(|row| made.cols()[1].var().str(row)), ["", "", "a", ""]);
        assert_eq!(made.cols()[2].list().0, [0, 0, 0, 0, 0]);
        assert_eq!(made.cols()[2].presence_bytes(), Some(&[0, 0, Presence::Null as u8, 0][..]));
        assert_eq!(made.cols()[0].presence_bytes(), None);
    }

    #[test]
    fn an_abandoned_row_leaves_nothing() {
        let mut builder = Builder::new(&types());
        builder.begin();
        builder.col(0).push(1i64);
        builder.col(1).push_str("a");
        builder.col(2).push_absent(Presence::Null);
        builder.col(0).push(2i64);
        builder.col(1).push_str("half");
        builder.col(2).items().push(9u32);
        builder.cols().iter_mut().for_each(|col| col.abandon(1));
        builder.col(0).push(3i64);
        builder.col(1).push_str("b");
        builder.col(2).items().push(5u32);
        builder.col(2).end_list();
        let group = builder.finish();
        assert_eq!(group.cols()[0].fixed::<i64>(), [1, 3]);
        assert_eq!((group.cols()[1].var().str(0), group.cols()[1].var().str(1)), ("a", "b"));
        assert_eq!(group.cols()[2].list().1.fixed::<u32>(), [5]);
        assert_eq!(
            (group.cols()[2].presence(0), group.cols()[2].presence(1)),
            (Presence::Null, Presence::Value)
        );
    }
}

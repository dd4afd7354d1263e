//! Copies chosen rows of several batches into one group. The only place where columns are copied between
//! batches: exchanges between lanes use it to bring rows back into order, and the plan prints it as a copy.

use std::sync::Arc;

use forebay_types::{Addr, Ty};
use smallvec::SmallVec;

use crate::{Batch, Builder, Col, ColMut, Columns, Presence};

/// A row of one of the batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    pub batch: u32,
    pub row: u32,
}

/// How many of the picked rows fit into one group, from the first one on: a column of it is to hold no more than `limit`.
pub fn rows_that_fit(addrs: &[Addr], batches: &[Batch], picks: &[Pick], limit: usize) -> usize {
    let all =
        |addr: &Addr| batches.iter().map(|batch| batch.col(*addr).extent(batch.rows().hull())).sum::<usize>();
    let is_there = |addr: &&Addr| **addr != Addr::NOWHERE;
    let mut large: SmallVec<[(&Addr, usize); 4]> =
        addrs.iter().filter(is_there).filter(|addr| all(addr) > limit).map(|addr| (addr, 0)).collect();
    if large.is_empty() {
        return picks.len();
    }
    let too_many = |pick: &Pick| {
        let row = pick.row as usize;
        large.iter_mut().any(|(addr, extent)| {
            *extent += batches[pick.batch as usize].col(**addr).extent(row..row + 1);
            *extent > limit
        })
    };
    // A row came from a column, so it fits alone.
    picks.iter().position(too_many).unwrap_or(picks.len()).max(1)
}

/// Column `i` of the builder becomes the column at `addrs[i]`, row `j` of it the picked row `j`. A column that lies
/// [nowhere](Addr::NOWHERE) is missing in every row.
pub fn gather_columns(
    builder: &mut Builder,
    types: &[Ty],
    addrs: &[Addr],
    batches: &[Batch],
    picks: &[Pick],
) -> Arc<Columns> {
    builder.begin();
    for ((out, ty), addr) in builder.cols().iter_mut().zip(types).zip(addrs) {
        if *addr == Addr::NOWHERE {
            picks.iter().for_each(|_| out.push_absent(Presence::Missing));
            continue;
        }
        let sources: SmallVec<[&Col; 8]> = batches.iter().map(|batch| batch.col(*addr)).collect();
        let rows = picks.iter().map(|pick| (sources[pick.batch as usize], pick.row as usize));
        copy_rows(out, ty, rows);
    }
    builder.finish()
}

/// Puts together what one node added to parts of one batch: the last groups of `parts`, which have the same header and
/// whose selections ascend, as one group over the whole row space. Rows that no part selects are unspecified.
pub fn splice_columns(builder: &mut Builder, parts: &[Batch]) -> Arc<Columns> {
    let rows = parts.first().map_or(0, |part| part.header().rows());
    builder.begin();
    for (index, out) in builder.cols().iter_mut().enumerate() {
        for part in parts {
            let hull = part.rows().hull();
            out.pad(hull.start - out.rows());
            let group = part.groups().last().expect("every part was added to");
            out.append(&group.cols()[index], hull);
        }
        out.pad(rows - out.rows());
    }
    builder.finish()
}

/// Appends rows of columns of type `ty`, nulls and nested values included.
pub fn copy_rows<'c>(out: &mut ColMut, ty: &Ty, rows: impl Iterator<Item = (&'c Col, usize)>) {
    match ty.inner() {
        Ty::String | Ty::Bytes | Ty::Zones => {
            for (col, row) in rows {
                match col.presence(row) {
                    Presence::Value => out.push_bytes(col.var().get(row)),
                    absent => out.push_absent(absent),
                }
            }
        }
        Ty::List(item) => {
            for (col, row) in rows {
                copy_list(out, item, col, row);
            }
        }
        Ty::Struct(fields) => {
            for (col, row) in rows {
                copy_struct(out, fields, col, row);
            }
        }
        scalar => match scalar.width() {
            1 => copy_fixed::<u8>(out, rows),
            2 => copy_fixed::<u16>(out, rows),
            4 => copy_fixed::<u32>(out, rows),
            _ => copy_fixed::<u64>(out, rows),
        },
    }
}

fn copy_fixed<'c, T: bytemuck::Pod>(out: &mut ColMut, rows: impl Iterator<Item = (&'c Col, usize)>) {
    // Rows of one column mostly follow each other: it is taken apart once for all of them.
    let mut apart: Option<&Col> = None;
    let (mut values, mut presence): (&[T], Option<&[u8]>) = (&[], None);
    for (col, row) in rows {
        if !apart.is_some_and(|same| std::ptr::eq(same, col)) {
            apart = Some(col);
            (values, presence) = (col.fixed(), col.presence_bytes());
        }
        match presence.map_or(Presence::Value, |bytes| Presence::from_byte(bytes[row])) {
            Presence::Value => out.push(values[row]),
            absent => out.push_absent(absent),
        }
    }
}

fn copy_list(out: &mut ColMut, item: &Ty, col: &Col, row: usize) {
    match col.presence(row) {
        Presence::Value => {
            let (offsets, items) = col.list();
            let range = offsets[row] as usize..offsets[row + 1] as usize;
            copy_rows(out.items(), item, range.map(|at| (items, at)));
            out.end_list();
        }
        absent => out.push_absent(absent),
    }
}

fn copy_struct(out: &mut ColMut, fields: &[(String, Ty)], col: &Col, row: usize) {
    match col.presence(row) {
        Presence::Value => {
            for ((field, (_, ty)), from) in out.fields().iter_mut().zip(fields).zip(col.fields()) {
                copy_rows(field, ty, std::iter::once((from, row)));
            }
            out.end_struct();
        }
        absent => out.push_absent(absent),
    }
}

#[cfg(test)]
mod tests {
    use forebay_types::Epoch;
    use forebay_types::id::NodeId;

    use super::*;
    use crate::{HeaderRing, Rows, Times};

    fn batch(values: &[(i32, Option<&str>, &[u16])]) -> Batch {
        let types = [Ty::I32, Ty::String.optional(), Ty::List(Box::new(Ty::U16))];
        let mut builder = Builder::new(&types);
        let mut headers = HeaderRing::default();
        let mut header = headers.take(NodeId(0), Epoch(0));
        builder.begin();
        for (number, text, list) in values {
            Arc::get_mut(&mut header).unwrap().push(0, Times::default());
            builder.col(0).push(*number);
            match text {
                Some(text) => builder.col(1).push_str(text),
                None => builder.col(1).push_absent(Presence::Null),
            }
            list.iter().for_each(|item| builder.col(2).items().push(*item));
            builder.col(2).end_list();
        }
        Batch::new(headers.share(header), builder.finish())
    }

    #[test]
    fn parts_of_a_batch_become_one_again() {
        let whole = batch(&[
            (1, Some("one"), &[1]),
            (2, None, &[]),
            (3, Some("three"), &[3, 3, 3]),
            (4, Some("four"), &[4]),
            (5, None, &[5]),
        ]);
        let part = |from: u32, to: u32| whole.clone().select(Rows::Range(from, to));
        let types = [Ty::I32, Ty::String.optional(), Ty::List(Box::new(Ty::U16))];
        let group = splice_columns(&mut Builder::new(&types), &[part(0, 2), part(2, 3), part(4, 5)]);
        let numbers = group.cols()[0].fixed::<i32>();
        assert_eq!((numbers.len(), &numbers[..3], numbers[4]), (5, &[1, 2, 3][..], 5));
        let presence = [0, 1, 2, 4].map(|row| group.cols()[1].presence(row));
        assert_eq!(presence, [Presence::Value, Presence::Null, Presence::Value, Presence::Null]);
        assert_eq!((group.cols()[1].var().str(0), group.cols()[1].var().str(2)), ("one", "three"));
        let (offsets, items) = group.cols()[2].list();
        assert_eq!(offsets, [0, 1, 1, 4, 4, 5]);
        assert_eq!(items.fixed::<u16>(), [1, 3, 3, 3, 5]);
    }

    #[test]
    fn rows_of_several_batches_come_in_the_picked_order() {
        let a = batch(&[(1, Some("one"), &[1]), (3, None, &[])]);
        let b = batch(&[(2, Some("two"), &[2, 2])]);
        let types = [Ty::List(Box::new(Ty::U16)), Ty::I32, Ty::String.optional()];
        let addrs = [2, 0, 1].map(|column| Addr { group: 0, column });
        let picks = [(0, 0), (1, 0), (0, 1)].map(|(batch, row)| Pick { batch, row });
        let group = gather_columns(&mut Builder::new(&types), &types, &addrs, &[a, b], &picks);
        assert_eq!(group.cols()[1].fixed::<i32>(), [1, 2, 3]);
        assert_eq!((group.cols()[2].var().str(1), group.cols()[2].presence(2)), ("two", Presence::Null));
        let (offsets, items) = group.cols()[0].list();
        assert_eq!((offsets, items.fixed::<u16>()), (&[0, 1, 3, 3][..], &[1, 2, 2][..]));
    }

    #[test]
    fn rows_are_cut_before_a_column_would_hold_too_much() {
        let a = batch(&[(1, Some("four"), &[]), (3, None, &[1, 2, 3]), (5, Some("four"), &[])]);
        let b = batch(&[(2, Some("sixsix"), &[4, 4]), (4, Some(""), &[])]);
        let batches = [a.clone().select(Rows::Range(0, 3)), b];
        let picks = [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2)].map(|(batch, row)| Pick { batch, row });
        let check = |columns: &[u16], limit: usize, expect: &[usize]| {
            let addrs: Vec<Addr> = columns.iter().map(|column| Addr { group: 0, column: *column }).collect();
            let (mut rest, mut cuts) = (&picks[..], Vec::new());
            while !rest.is_empty() {
                cuts.push(rows_that_fit(&addrs, &batches, rest, limit));
                rest = &rest[cuts[cuts.len() - 1]..];
            }
            assert_eq!(cuts, expect, "{columns:?} {limit}");
        };
        check(&[0], 0, &[5]);
        check(&[1], 14, &[5]);
        check(&[1], 13, &[4, 1]);
        check(&[1], 10, &[4, 1]);
        check(&[1], 9, &[1, 3, 1]);
        check(&[2], 4, &[2, 3]);
        check(&[1, 2], 9, &[1, 3, 1]);
        check(&[1], 1, &[1, 1, 2, 1]);
    }

    #[test]
    fn a_column_that_lies_nowhere_is_missing() {
        let batches = [batch(&[(1, None, &[]), (2, None, &[])])];
        let types = [Ty::I32, Ty::String.optional()];
        let addrs = [Addr { group: 0, column: 0 }, Addr::NOWHERE];
        let picks = [1, 0, 1].map(|row| Pick { batch: 0, row });
        let group = gather_columns(&mut Builder::new(&types), &types, &addrs, &batches, &picks);
        assert_eq!(group.cols()[0].fixed::<i32>(), [2, 1, 2]);
        assert!((0..3).all(|row| group.cols()[1].presence(row) == Presence::Missing));
        let alone = Col::missing(&Ty::List(Box::new(Ty::U16)).optional(), 2);
        assert!(alone.rows() == 2 && alone.presence(1) == Presence::Missing);
    }
}

//! Lists and structs: looked into row by row, never copied.

use forebay_batch::{Col, Presence};
use forebay_types::Ty;

use super::SiteId;
use super::frame::{Data, Frame, Reg, Source, View};
use crate::typed::Form;

/// One simple value in a list or struct.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    Bool(u8),
    I64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Text(&'a [u8]),
}

impl<'a> Item<'a> {
    pub fn of_col(col: &'a Col, ty: &Ty, row: usize) -> Item<'a> {
        match ty.inner() {
            Ty::Bool => Item::Bool(col.fixed::<u8>()[row]),
            Ty::I8 => Item::I64(col.fixed::<i8>()[row].into()),
            Ty::I16 => Item::I64(col.fixed::<i16>()[row].into()),
            Ty::I32 | Ty::Date => Item::I64(col.fixed::<i32>()[row].into()),
            Ty::U8 => Item::I64(col.fixed::<u8>()[row].into()),
            Ty::U16 => Item::I64(col.fixed::<u16>()[row].into()),
            Ty::U32 => Item::I64(col.fixed::<u32>()[row].into()),
            Ty::U64 => Item::U64(col.fixed::<u64>()[row]),
            Ty::F32 => Item::F32(col.fixed::<f32>()[row]),
            Ty::F64 => Item::F64(col.fixed::<f64>()[row]),
            Ty::String | Ty::Bytes | Ty::Zones => Item::Text(col.var().get(row)),
            _ => Item::I64(col.fixed::<i64>()[row]),
        }
    }

    pub fn of_data(frame: &Frame<'a>, data: &'a Data, form: Form, row: usize) -> Item<'a> {
        match form {
            Form::Bool => Item::Bool(frame.lane(data).get(row)),
            Form::I64 => Item::I64(frame.lane(data).get(row)),
            Form::U64 => Item::U64(frame.lane(data).get(row)),
            Form::F32 => Item::F32(frame.lane(data).get(row)),
            Form::F64 => Item::F64(frame.lane(data).get(row)),
            Form::Text => Item::Text(frame.texts(data).get(row)),
            Form::Nested => panic!("a list or struct stands where a simple value was checked"),
        }
    }

    /// Integers are equal when they are the same number, whatever their types.
    pub fn equals(self, other: Item) -> bool {
        match (self, other) {
            (Item::I64(a), Item::U64(b)) | (Item::U64(b), Item::I64(a)) => u64::try_from(a) == Ok(b),
            (a, b) => a == b,
        }
    }
}

/// Empties what a row-wise step fills.
fn begin(out: &mut Reg) {
    out.bools.clear();
    out.i64s.clear();
    out.u64s.clear();
    out.f32s.clear();
    out.f64s.clear();
    out.texts.begin();
    out.views.clear();
    out.absent.clear();
    out.any_absent = false;
}

fn push(out: &mut Reg, item: Item) {
    match item {
        Item::Bool(value) => out.bools.push(value),
        Item::I64(value) => out.i64s.push(value),
        Item::U64(value) => out.u64s.push(value),
        Item::F32(value) => out.f32s.push(value),
        Item::F64(value) => out.f64s.push(value),
        Item::Text(text) => out.texts.push(text),
    }
}

fn push_nothing(out: &mut Reg, form: Form) {
    match form {
        Form::Bool => out.bools.push(0),
        Form::I64 => out.i64s.push(0),
        Form::U64 => out.u64s.push(0),
        Form::F32 => out.f32s.push(0.0),
        Form::F64 => out.f64s.push(0.0),
        Form::Text => out.texts.end(),
        Form::Nested => out.views.push(View::NONE),
    }
    push_presence(out, Presence::Null);
}

fn push_presence(out: &mut Reg, presence: Presence) {
    out.absent.push(presence as u8);
    out.any_absent |= presence != Presence::Value;
}

/// `x[i]`.
pub(super) fn index(frame: &Frame, out: &mut Reg, list: &Data, at: &Data, item: &Ty, site: SiteId) {
    let at = frame.lane::<i64>(at);
    begin(out);
    for row in 0..frame.rows() {
        let at = usize::try_from(at.get(row)).unwrap_or(usize::MAX);
        let found = frame.view(list, row).and_then(|(source, place)| match &frame.sources[source] {
            Source::Col { .. } => {
                let (offsets, items) = frame.col(source).list();
                let (start, end) = (offsets[place] as usize, offsets[place + 1] as usize);
                (at < end - start).then(|| push_item(frame, out, list, row, (items, start + at), item))
            }
            Source::Literal { items, form } => items.get(at).map(|data| {
                push(out, Item::of_data(frame, data, *form, row));
                push_presence(out, Presence::Value);
            }),
        });
        if found.is_none() {
            push_nothing(out, Form::of(item));
            out.errors.set(frame.rows(), row, site);
        }
    }
}

fn push_item(frame: &Frame, out: &mut Reg, list: &Data, row: usize, (items, at): (&Col, usize), item: &Ty) {
    if Form::of(item) == Form::Nested {
        let source = match list {
            Data::Views { reg, .. } => frame.done[*reg].views[row].source,
            _ => 0,
        };
        out.views.push(View { source, row: at as u32 });
    } else {
        push(out, Item::of_col(items, item, at));
    }
    push_presence(out, items.presence(at));
}

/// The values of a column that lies behind views: a field of structs in a list.
pub(super) fn gather(frame: &Frame, out: &mut Reg, of: &Data, ty: &Ty) {
    let form = Form::of(ty);
    begin(out);
    for row in 0..frame.rows() {
        let Some((source, place)) = frame.view(of, row) else {
            push_nothing(out, form);
            continue;
        };
        let col = frame.col(source);
        if form != Form::Nested {
            push(out, Item::of_col(col, ty, place));
        }
        push_presence(out, col.presence(place));
    }
}

/// Items of a list.
pub(super) fn size(frame: &Frame, out: &mut Reg, of: &Data) {
    out.i64s.clear();
    out.i64s.extend((0..frame.rows()).map(|row| match frame.view(of, row) {
        None => 0,
        Some((source, place)) => match &frame.sources[source] {
            Source::Col { .. } => {
                let offsets = frame.col(source).list().0;
                i64::from(offsets[place + 1] - offsets[place])
            }
            Source::Literal { items, .. } => items.len() as i64,
        },
    }));
}

/// Whether a list holds a value.
pub(super) fn holds(frame: &Frame, list: &Data, row: usize, needle: Item, item: &Ty) -> bool {
    let Some((source, place)) = frame.view(list, row) else { return false };
    match &frame.sources[source] {
        Source::Col { .. } => holds_at(frame.col(source).list(), place, needle, item),
        Source::Literal { items, form } => {
            items.iter().any(|data| needle.equals(Item::of_data(frame, data, *form, row)))
        }
    }
}

/// Whether a row of a list column holds a value; an item that is null is equal to nothing.
#[inline]
pub(super) fn holds_at((offsets, items): (&[u32], &Col), place: usize, needle: Item, item: &Ty) -> bool {
    let mut range = offsets[place] as usize..offsets[place + 1] as usize;
    range.any(|at| !items.is_absent(at) && needle.equals(Item::of_col(items, item, at)))
}

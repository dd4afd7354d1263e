//! `in`.

use forebay_types::Ty;

use super::frame::{Data, Frame, Reg, Source};
use super::lanes::{Arg, Lane, by_lane, map1};
use super::nested::{Item, holds, holds_at};
use crate::scalar::Scalar;
use crate::typed::Form;
use crate::values::Members;

/// Into a list that each row has of its own.
pub(super) fn is_in(frame: &Frame, out: &mut Reg, needle: &Data, form: Form, list: &Data, item: &Ty) {
    let needle = |row| Item::of_data(frame, needle, form, row);
    out.bools.clear();
    match list {
        Data::Col(source) if matches!(frame.sources[*source], Source::Col { .. }) => {
            let list = frame.col(*source).list();
            let holds = |row| u8::from(holds_at(list, frame.hull.start + row, needle(row), item));
            out.bools.extend((0..frame.rows()).map(holds));
        }
        _ => {
            let holds = |row| u8::from(holds(frame, list, row, needle(row), item));
            out.bools.extend((0..frame.rows()).map(holds));
        }
    }
}

/// Into a few constants of the needle's own form: a pass for each is faster than a table.
pub(super) fn is_in_few(frame: &Frame, out: &mut Reg, needle: &Data, form: Form, few: &[Scalar]) {
    by_lane!(form, T => few_lanes(frame.rows(), frame.lane::<T>(needle), few, &mut out.bools), _ => {
        panic!("texts are looked up in a table")
    })
}

fn few_lanes<T: Lane>(rows: usize, needle: Arg<T>, few: &[Scalar], out: &mut Vec<u8>) {
    let mut few = few.iter().map(T::constant);
    match (few.next(), few.next()) {
        (Some(a), Some(b)) => map1(rows, needle, out, |value| u8::from(value == a) | u8::from(value == b)),
        (Some(a), None) => map1(rows, needle, out, |value| u8::from(value == a)),
        _ => map1(rows, needle, out, |_| 0),
    }
    for other in few {
        match needle {
            Arg::Slice(values) => {
                out.iter_mut().zip(values).for_each(|(out, value)| *out |= u8::from(*value == other));
            }
            Arg::One(value) => out.iter_mut().for_each(|out| *out |= u8::from(value == other)),
        }
    }
}

/// Into a table.
pub(super) fn is_member(frame: &Frame, out: &mut Reg, needle: &Data, form: Form, members: &Members) {
    let (rows, bools) = (frame.rows(), &mut out.bools);
    match form {
        Form::I64 => map1(rows, frame.lane(needle), bools, |value| u8::from(members.has_i64(value))),
        Form::U64 => map1(rows, frame.lane(needle), bools, |value| u8::from(members.has_u64(value))),
        Form::Bool => {
            map1(rows, frame.lane(needle), bools, |value: u8| u8::from(members.has_i64(value.into())))
        }
        Form::F32 => {
            map1(rows, frame.lane(needle), bools, |value: f32| u8::from(members.has_float(value.into())))
        }
        Form::F64 => map1(rows, frame.lane(needle), bools, |value| u8::from(members.has_float(value))),
        Form::Text => {
            let texts = frame.texts(needle);
            bools.clear();
            bools.extend((0..rows).map(|row| u8::from(members.has_text(texts.get(row)))));
        }
        Form::Nested => panic!("lists and structs were checked away"),
    }
}

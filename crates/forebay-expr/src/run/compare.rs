//! Comparisons.

use super::frame::{Data, Frame, Reg};
use super::lanes::{Arg, Lane, by_lane, map2};
use crate::typed::{Compare, Form};

pub(super) fn compare(frame: &Frame, out: &mut Reg, form: Form, compare: Compare, a: &Data, b: &Data) {
    by_lane!(form, T => lanes(frame.rows(), compare, frame.lane::<T>(a), frame.lane::<T>(b), &mut out.bools),
        _ => texts(frame, out, compare, a, b))
}

fn lanes<T: Lane>(rows: usize, compare: Compare, a: Arg<T>, b: Arg<T>, out: &mut Vec<u8>) {
    match compare {
        Compare::Eq => map2(rows, a, b, out, |a, b| u8::from(a == b)),
        Compare::Ne => map2(rows, a, b, out, |a, b| u8::from(a != b)),
        Compare::Lt => map2(rows, a, b, out, |a, b| u8::from(a < b)),
        Compare::Le => map2(rows, a, b, out, |a, b| u8::from(a <= b)),
        // Turned round, so that there are half as many loops of these.
        Compare::Gt => lanes(rows, Compare::Lt, b, a, out),
        Compare::Ge => lanes(rows, Compare::Le, b, a, out),
    }
}

fn holds<T: PartialOrd>(compare: Compare, a: T, b: T) -> bool {
    match compare {
        Compare::Eq => a == b,
        Compare::Ne => a != b,
        Compare::Lt => a < b,
        Compare::Le => a <= b,
        Compare::Gt => a > b,
        Compare::Ge => a >= b,
    }
}

/// Texts by their bytes, which for UTF-8 is the order of code points.
fn texts(frame: &Frame, out: &mut Reg, compare: Compare, a: &Data, b: &Data) {
    let (a, b) = (frame.texts(a), frame.texts(b));
    out.bools.clear();
    out.bools.extend((0..frame.rows()).map(|row| u8::from(holds(compare, a.get(row), b.get(row)))));
}

/// An i64 or u64 times 10^18 fits an i128, so nothing here can be out of range.
pub(super) fn compare_exact(
    frame: &Frame,
    out: &mut Reg,
    compare: Compare,
    a: &(Data, Form, u8),
    b: &(Data, Form, u8),
) {
    match (a.1, b.1) {
        (Form::U64, Form::U64) => exact::<u64, u64>(frame, out, compare, a, b),
        (Form::U64, _) => exact::<u64, i64>(frame, out, compare, a, b),
        (_, Form::U64) => exact::<i64, u64>(frame, out, compare, a, b),
        _ => exact::<i64, i64>(frame, out, compare, a, b),
    }
}

fn exact<A, B>(frame: &Frame, out: &mut Reg, compare: Compare, a: &(Data, Form, u8), b: &(Data, Form, u8))
where
    A: Lane + Into<i128>,
    B: Lane + Into<i128>,
{
    let (by_a, by_b) = (10i128.pow(a.2.into()), 10i128.pow(b.2.into()));
    let (a, b) = (frame.lane::<A>(&a.0), frame.lane::<B>(&b.0));
    map2(frame.rows(), a, b, &mut out.bools, |a, b| {
        u8::from(holds(compare, a.into() * by_a, b.into() * by_b))
    });
}

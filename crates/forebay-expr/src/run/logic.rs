//! Conditions, choices, null and faults: what is decided row by row without a jump.

use forebay_batch::Presence;
use forebay_types::Ty;

use super::frame::{Absent, Data, Frame, Reg, RegId, SiteId, SourceId, Val, View};
use super::lanes::{Arg, Lane, by_lane, map1, map2};
use crate::scalar::Scalar;
use crate::typed::Form;

pub(super) fn fill(frame: &Frame, out: &mut Reg, value: &Scalar, form: Form) {
    by_lane!(form, T => {
        let values = T::of_mut(out);
        values.clear();
        values.resize(frame.rows(), T::constant(value));
    }, _ => {
        let Scalar::Text(text) = value else { panic!("{value:?} stands where a text was checked") };
        out.texts.begin();
        (0..frame.rows()).for_each(|_| out.texts.push(text));
    })
}

pub(super) fn null(frame: &Frame, out: &mut Reg, form: Form) {
    let rows = frame.rows();
    by_lane!(form, T => T::of_mut(out).resize(rows, T::default()), _ => {
        out.texts.begin();
        (0..rows).for_each(|_| out.texts.end());
        out.views.clear();
        out.views.resize(rows, View::NONE);
    });
    out.absent.clear();
    out.absent.resize(rows, Presence::Null as u8);
    out.any_absent = true;
}

pub(super) fn load(frame: &Frame, out: &mut Reg, source: SourceId, ty: &Ty) {
    fn wide<T: bytemuck::Pod + Into<i64>>(frame: &Frame, out: &mut Reg, source: SourceId) {
        let values = &frame.col(source).fixed::<T>()[frame.hull.clone()];
        map1(frame.rows(), Arg::Slice(values), &mut out.i64s, Into::into);
    }
    match ty {
        Ty::I8 => wide::<i8>(frame, out, source),
        Ty::I16 => wide::<i16>(frame, out, source),
        Ty::I32 | Ty::Date => wide::<i32>(frame, out, source),
        Ty::U8 => wide::<u8>(frame, out, source),
        Ty::U16 => wide::<u16>(frame, out, source),
        _ => wide::<u32>(frame, out, source),
    }
}

pub(super) fn is_null(frame: &Frame, out: &mut Reg, absent: Absent) {
    match frame.absent(Some(absent)) {
        Some(absent) => map1(frame.rows(), Arg::Slice(absent), &mut out.bools, |absent| u8::from(absent != 0)),
        None => {
            out.bools.clear();
            out.bools.resize(frame.rows(), 0);
        }
    }
}

/// A fault where there is no value.
pub(super) fn demand(frame: &Frame, out: &mut Reg, absent: Absent, prior: Option<RegId>, site: SiteId) {
    out.errors.begin(frame.errors(prior));
    if let Some(absent) = frame.absent(Some(absent)) {
        let rows = frame.rows();
        (0..rows).filter(|row| absent[*row] != 0).for_each(|row| out.errors.set(rows, row, site));
    }
}

/// The faults of both; where both have one, that of the left side.
pub(super) fn merge(frame: &Frame, out: &mut Reg, a: RegId, b: RegId) {
    out.errors.begin(frame.errors(Some(a)));
    let Some(b) = frame.errors(Some(b)) else { return };
    (0..frame.rows()).filter(|row| b[*row] != 0).for_each(|row| out.errors.set(frame.rows(), row, b[row]));
}

pub(super) fn not(frame: &Frame, out: &mut Reg, of: &Data) {
    map1(frame.rows(), frame.lane(of), &mut out.bools, |value: u8| value ^ 1);
}

/// `&&` and `||`: the side that decides does so even when the other one has a fault.
pub(super) fn logic(frame: &Frame, out: &mut Reg, and: bool, sides: &[(Data, Option<RegId>); 2]) {
    let rows = frame.rows();
    let [(a, a_errors), (b, b_errors)] = sides;
    let (a, b) = (frame.lane::<u8>(a), frame.lane::<u8>(b));
    if and {
        map2(rows, a, b, &mut out.bools, |a, b| a & b);
    } else {
        map2(rows, a, b, &mut out.bools, |a, b| a | b);
    }
    out.errors.begin(None);
    let (a_errors, b_errors) = (frame.errors(*a_errors), frame.errors(*b_errors));
    if a_errors.is_none() && b_errors.is_none() {
        return;
    }
    let decisive = u8::from(!and);
    for row in 0..rows {
        let fault = |errors: Option<&[SiteId]>| errors.map_or(0, |errors| errors[row]);
        let (a_fault, b_fault) = (fault(a_errors), fault(b_errors));
        if a_fault == 0 && b_fault == 0 {
            continue;
        }
        if a_fault == 0 && a.get(row) == decisive || b_fault == 0 && b.get(row) == decisive {
            out.bools[row] = decisive;
        } else {
            out.errors.set(rows, row, if a_fault != 0 { a_fault } else { b_fault });
        }
    }
}

/// The first case where the test is true, else the second: its values, nulls and faults.
pub(super) fn choose(
    frame: &Frame,
    out: &mut Reg,
    form: Form,
    test: &Data,
    test_errors: Option<RegId>,
    cases: &[Val; 2],
) {
    let [yes, no] = cases;
    let tests = frame.lane::<u8>(test);
    match form {
        Form::Text => choose_texts(frame, out, tests, yes, no),
        Form::Nested => choose_views(frame, out, tests, yes, no),
        _ => by_lane!(form, T => choose_lanes::<T>(frame, out, tests, yes, no), _ => {}),
    }
    choose_absent(frame, out, tests, yes, no);
    choose_errors(frame, out, tests, frame.errors(test_errors), yes, no);
}

fn choose_lanes<T: Lane>(frame: &Frame, out: &mut Reg, tests: Arg<u8>, yes: &Val, no: &Val) {
    let (yes, no) = (frame.lane::<T>(&yes.data), frame.lane::<T>(&no.data));
    let out = T::of_mut(out);
    match (tests, yes, no) {
        (Arg::Slice(tests), yes, Arg::One(no)) => {
            map2(frame.rows(), Arg::Slice(tests), yes, out, |test, yes| if test != 0 { yes } else { no })
        }
        (Arg::Slice(tests), Arg::One(yes), no) => {
            map2(frame.rows(), Arg::Slice(tests), no, out, |test, no| if test != 0 { yes } else { no })
        }
        (Arg::Slice(tests), Arg::Slice(yes), Arg::Slice(no)) => {
            out.resize(frame.rows(), T::default());
            for (((out, test), yes), no) in out.iter_mut().zip(tests).zip(yes).zip(no) {
                *out = if *test != 0 { *yes } else { *no };
            }
        }
        (Arg::One(test), yes, no) => map1(frame.rows(), if test != 0 { yes } else { no }, out, |value| value),
    }
}

fn choose_texts(frame: &Frame, out: &mut Reg, tests: Arg<u8>, yes: &Val, no: &Val) {
    let (yes, no) = (frame.texts(&yes.data), frame.texts(&no.data));
    out.texts.begin();
    for row in 0..frame.rows() {
        let text = if tests.get(row) != 0 { yes.get(row) } else { no.get(row) };
        out.texts.push(text);
    }
}

fn choose_views(frame: &Frame, out: &mut Reg, tests: Arg<u8>, yes: &Val, no: &Val) {
    let view = |data: &Data, row: usize, before: u32| match data {
        Data::Col(_) => View { source: before, row: (frame.hull.start + row) as u32 },
        Data::Views { reg, .. } => {
            let view = frame.done[*reg].views[row];
            if view.is_none() { view } else { View { source: before + view.source, ..view } }
        }
        other => panic!("{other:?} stands where a list or struct was checked"),
    };
    let before = match &yes.data {
        Data::Views { sources, .. } => sources.len() as u32,
        _ => 1,
    };
    out.views.clear();
    out.views.extend((0..frame.rows()).map(|row| match tests.get(row) {
        0 => view(&no.data, row, before),
        _ => view(&yes.data, row, 0),
    }));
}

fn choose_absent(frame: &Frame, out: &mut Reg, tests: Arg<u8>, yes: &Val, no: &Val) {
    let (yes, no) = (frame.absent(yes.absent), frame.absent(no.absent));
    out.any_absent = yes.is_some() || no.is_some();
    if out.any_absent {
        let arg = |absent: Option<&[u8]>, row: usize| absent.map_or(0, |absent| absent[row]);
        out.absent.clear();
        let rows = 0..frame.rows();
        out.absent.extend(rows.map(|row| if tests.get(row) != 0 { arg(yes, row) } else { arg(no, row) }));
    }
}

fn choose_errors(
    frame: &Frame,
    out: &mut Reg,
    tests: Arg<u8>,
    test_errors: Option<&[SiteId]>,
    yes: &Val,
    no: &Val,
) {
    out.errors.begin(test_errors);
    let (yes, no) = (frame.errors(yes.errors), frame.errors(no.errors));
    if yes.is_none() && no.is_none() {
        return;
    }
    for row in 0..frame.rows() {
        let errors = if tests.get(row) != 0 { yes } else { no };
        if let Some(site) = errors.map(|errors| errors[row]).filter(|site| *site != 0) {
            out.errors.set(frame.rows(), row, site);
        }
    }
}

/// Makes a condition false where it has a fault.
pub(crate) fn settle(bools: &mut [u8], errors: &[SiteId]) {
    bools.iter_mut().zip(errors).for_each(|(value, error)| *value &= u8::from(*error == 0));
}

//! Conditions, choices, null and faults: what is decided row by row without a jump.

use forebay_batch::Presence;
use forebay_types::Ty;

use super::frame::{Absent, Data, Errors, Frame, Reg, RegId, SiteId, SourceId, Val, View};
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
        Some(absent) => {
            map1(frame.rows(), Arg::Slice(absent), &mut out.bools, |absent| u8::from(absent != 0))
        }
        None => {
            out.bools.clear();
            out.bools.resize(frame.rows(), 0);
        }
    }
}

/// A fault where there is no value.
pub(super) fn demand(frame: &Frame, out: &mut Reg, absent: Absent, prior: Option<RegId>, site: SiteId) {
    let rows = frame.rows();
    match (frame.absent(Some(absent)), frame.errors(prior)) {
        (None, prior) => out.errors.begin(prior),
        (Some(absent), None) => {
            let absent = &absent[..rows];
            out.errors.write(rows, |row| if absent[row] != 0 { site } else { 0 });
        }
        (Some(absent), Some(prior)) => out.errors.write(rows, |row| match prior[row] {
            0 if absent[row] != 0 => site,
            prior => prior,
        }),
    }
}

/// The faults of both; where both have one, that of the left side.
pub(super) fn merge(frame: &Frame, out: &mut Reg, a: RegId, b: RegId) {
    match (frame.errors(Some(a)), frame.errors(Some(b))) {
        (Some(a), Some(b)) => out.errors.write(frame.rows(), |row| first(a[row], b[row])),
        (a, b) => out.errors.begin(a.or(b)),
    }
}

fn first(a: SiteId, b: SiteId) -> SiteId {
    if a != 0 { a } else { b }
}

pub(super) fn not(frame: &Frame, out: &mut Reg, of: &Data) {
    map1(frame.rows(), frame.lane(of), &mut out.bools, |value: u8| value ^ 1);
}

/// `&&` and `||`: the side that decides does so even when the other one has a fault.
pub(super) fn logic(frame: &Frame, out: &mut Reg, and: bool, sides: &[(Data, Option<RegId>); 2]) {
    let rows = frame.rows();
    let [(a, a_errors), (b, b_errors)] = sides;
    let (a, b) = (frame.lane::<u8>(a), frame.lane::<u8>(b));
    let decisive = u8::from(!and);
    let (bools, errors) = (&mut out.bools, &mut out.errors);
    match (frame.errors(*a_errors), frame.errors(*b_errors)) {
        (None, None) => errors.begin(None),
        (Some(faults), None) => return one_fails(rows, bools, errors, decisive, (a, faults), b),
        (None, Some(faults)) => return one_fails(rows, bools, errors, decisive, (b, faults), a),
        (Some(a_faults), Some(b_faults)) => {
            let decides = |side: Arg<u8>, fault: SiteId, row| fault == 0 && side.get(row) == decisive;
            let decided = |row| decides(a, a_faults[row], row) || decides(b, b_faults[row], row);
            errors.write(rows, |row| if decided(row) { 0 } else { first(a_faults[row], b_faults[row]) });
            bools.clear();
            return bools.extend((0..rows).map(|row| if decided(row) { decisive } else { 1 - decisive }));
        }
    }
    if and {
        map2(rows, a, b, bools, |a, b| a & b);
    } else {
        map2(rows, a, b, bools, |a, b| a | b);
    }
}

/// Where only one side has faults, the other one is what they give way to.
fn one_fails(
    rows: usize,
    bools: &mut Vec<u8>,
    errors: &mut Errors,
    decisive: u8,
    (failing, faults): (Arg<u8>, &[SiteId]),
    sound: Arg<u8>,
) {
    let faults = &faults[..rows];
    map2(
        rows,
        sound,
        failing,
        bools,
        |sound, failing| {
            if decisive == 0 { sound & failing } else { sound | failing }
        },
    );
    match sound {
        Arg::Slice(sound) => {
            let sound = &sound[..rows];
            errors.write(rows, |row| if sound[row] == decisive { 0 } else { faults[row] });
        }
        Arg::One(sound) => errors.write(rows, |row| if sound == decisive { 0 } else { faults[row] }),
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
    let (yes, no) = (frame.errors(yes.errors), frame.errors(no.errors));
    if yes.is_none() && no.is_none() {
        return out.errors.begin(test_errors);
    }
    let fault = |errors: Option<&[SiteId]>, row: usize| errors.map_or(0, |errors| errors[row]);
    out.errors.write(frame.rows(), |row| {
        first(fault(test_errors, row), fault(if tests.get(row) != 0 { yes } else { no }, row))
    });
}

/// Makes a condition false where it has a fault.
pub(crate) fn settle(bools: &mut [u8], errors: &[SiteId]) {
    bools.iter_mut().zip(errors).for_each(|(value, error)| *value &= u8::from(*error == 0));
}

//! From one form to another. What is absent has no value that could fail to convert.

use std::fmt::Write;

use forebay_types::Ty;
use forebay_types::number::decimal_to_f64;

use super::SiteId;
use super::frame::{Absent, Data, Errors, Frame, Reg, Texts};
use super::lanes::{Arg, Lane, map1};
use crate::scalar::{read_duration, read_time, write_float, write_i64};
use crate::typed::{Cast, Form};

const SECOND: i64 = 1_000_000_000;

pub(super) fn cast(
    frame: &Frame,
    out: &mut Reg,
    cast: Cast,
    from: &Ty,
    of: &Data,
    absent: Option<Absent>,
    site: SiteId,
) {
    let rows = frame.rows();
    match cast {
        Cast::TimeToSeconds => map1(rows, frame.lane(of), &mut out.i64s, |time: i64| time.div_euclid(SECOND)),
        Cast::Unscale(scale) => {
            let unit = 10i64.pow(scale.into());
            map1(rows, frame.lane(of), &mut out.i64s, |value: i64| value / unit);
        }
        Cast::I64ToF64 => map1(rows, frame.lane(of), &mut out.f64s, |value: i64| value as f64),
        Cast::U64ToF64 => map1(rows, frame.lane(of), &mut out.f64s, |value: u64| value as f64),
        Cast::F32ToF64 => map1(rows, frame.lane(of), &mut out.f64s, |value: f32| value.into()),
        Cast::DecimalToF64(scale) => {
            map1(rows, frame.lane(of), &mut out.f64s, |value: i64| decimal_to_f64(value, scale));
        }
        _ => {
            let absent = frame.absent(absent);
            partial(frame, out, cast, from, of, |errors, row| {
                if absent.is_none_or(|absent| absent[row] == 0) {
                    errors.set(rows, row, site);
                }
            });
        }
    }
}

/// Casts that may fail; `fail` is told the rows.
fn partial(
    frame: &Frame,
    out: &mut Reg,
    cast: Cast,
    from: &Ty,
    of: &Data,
    fail: impl Fn(&mut Errors, usize),
) {
    let rows = frame.rows();
    let Reg { i64s, u64s, f64s, texts, errors, .. } = out;
    let fail = |row| fail(errors, row);
    match cast {
        Cast::I64ToU64 => lanes(rows, frame.lane(of), u64s, fail, |value: i64| value.try_into().ok()),
        Cast::U64ToI64 => lanes(rows, frame.lane(of), i64s, fail, |value: u64| value.try_into().ok()),
        Cast::Scale(scale) => {
            let unit = 10i64.pow(scale.into());
            lanes(rows, frame.lane(of), i64s, fail, |value: i64| value.checked_mul(unit));
        }
        Cast::SecondsToTime => {
            lanes(rows, frame.lane(of), i64s, fail, |value: i64| value.checked_mul(SECOND))
        }
        Cast::F32ToI64 => lanes(rows, frame.lane(of), i64s, fail, |value: f32| whole(value.into())),
        Cast::F64ToI64 => lanes(rows, frame.lane(of), i64s, fail, whole),
        Cast::TextToI64 => read(frame, of, i64s, fail, |text| text.parse().ok()),
        Cast::TextToTime => read(frame, of, i64s, fail, |text| read_time(text).ok()),
        Cast::TextToDuration => read(frame, of, i64s, fail, |text| read_duration(text).ok()),
        Cast::TextToF64 => read(frame, of, f64s, fail, |text| text.parse().ok()),
        _ => write(frame, of, from, texts, fail),
    }
}

/// Towards zero; nothing that an i64 does not hold.
fn whole(value: f64) -> Option<i64> {
    // 2^63 itself is the first float that is too large.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    fits.then_some(value as i64)
}

fn lanes<A: Lane, B: Lane>(
    rows: usize,
    from: Arg<A>,
    out: &mut Vec<B>,
    mut fail: impl FnMut(usize),
    f: impl Fn(A) -> Option<B>,
) {
    out.resize(rows, B::default());
    for (row, out) in out.iter_mut().enumerate() {
        match f(from.get(row)) {
            Some(value) => *out = value,
            None => fail(row),
        }
    }
}

fn read<B: Lane>(
    frame: &Frame,
    of: &Data,
    out: &mut Vec<B>,
    mut fail: impl FnMut(usize),
    f: impl Fn(&str) -> Option<B>,
) {
    let texts = frame.texts(of);
    out.resize(frame.rows(), B::default());
    for (row, out) in out.iter_mut().enumerate() {
        match std::str::from_utf8(texts.get(row)).ok().and_then(&f) {
            Some(value) => *out = value,
            None => fail(row),
        }
    }
}

/// `string(x)`.
fn write(frame: &Frame, of: &Data, from: &Ty, out: &mut Texts, mut fail: impl FnMut(usize)) {
    let mut each = |write: &dyn Fn(&mut Texts, usize) -> std::fmt::Result| {
        out.begin();
        for row in 0..frame.rows() {
            if write(out, row).is_err() {
                out.abandon();
                fail(row);
            }
            out.end();
        }
    };
    match Form::of(from) {
        Form::Bool => {
            let values = frame.lane::<u8>(of);
            each(&|out, row| out.write_str(if values.get(row) != 0 { "true" } else { "false" }));
        }
        Form::I64 => {
            let values = frame.lane::<i64>(of);
            each(&|out, row| write_i64(out, from, values.get(row)));
        }
        Form::U64 => {
            let values = frame.lane::<u64>(of);
            each(&|out, row| write!(out, "{}", values.get(row)));
        }
        Form::F32 => {
            let values = frame.lane::<f32>(of);
            each(&|out, row| write_float(out, values.get(row), values.get(row).abs().into()));
        }
        Form::F64 => {
            let values = frame.lane::<f64>(of);
            each(&|out, row| write_float(out, values.get(row), values.get(row).abs()));
        }
        Form::Text => {
            let texts = frame.texts(of);
            each(&|out, row| {
                out.write_str(std::str::from_utf8(texts.get(row)).map_err(|_| std::fmt::Error)?)
            });
        }
        Form::Nested => panic!("lists and structs were checked away"),
    }
}

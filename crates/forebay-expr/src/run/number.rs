//! Arithmetic. Integers are checked: the loop computes wrapped values and notes on the way whether any row was
//! out of range; only then a second one finds out which.

use super::SiteId;
use super::frame::{Data, Errors, Frame, Reg};
use super::lanes::{Arg, Lane, map1, map2, map2_flag};
use super::step::Sites;
use crate::typed::{Arith, Form};

pub(super) fn arith(frame: &Frame, out: &mut Reg, form: Form, op: Arith, a: &Data, b: &Data, sites: Sites) {
    match form {
        Form::F32 => float(frame.rows(), op, frame.lane(a), frame.lane(b), &mut out.f32s),
        Form::F64 => float(frame.rows(), op, frame.lane(a), frame.lane(b), &mut out.f64s),
        Form::U64 => {
            let Reg { u64s, errors, .. } = out;
            integer(frame.rows(), op, frame.lane::<u64>(a), frame.lane(b), u64s, errors, sites);
        }
        _ => {
            let Reg { i64s, errors, .. } = out;
            integer(frame.rows(), op, frame.lane::<i64>(a), frame.lane(b), i64s, errors, sites);
        }
    }
}

fn float<T>(rows: usize, op: Arith, a: Arg<T>, b: Arg<T>, out: &mut Vec<T>)
where
    T: Lane
        + std::ops::Add<Output = T>
        + std::ops::Sub<Output = T>
        + std::ops::Mul<Output = T>
        + std::ops::Div<Output = T>,
{
    match op {
        Arith::Add => map2(rows, a, b, out, |a, b| a + b),
        Arith::Sub => map2(rows, a, b, out, |a, b| a - b),
        Arith::Mul => map2(rows, a, b, out, |a, b| a * b),
        Arith::Div => map2(rows, a, b, out, |a, b| a / b),
        Arith::Rem => panic!("the rest of floats was checked away"),
    }
}

/// Both integers of registers.
trait Integer: Lane {
    /// The wrapped sum, and a word that is negative when it was wrapped.
    fn add(self, other: Self) -> (Self, i64);
    fn sub(self, other: Self) -> (Self, i64);
    fn mul(self, other: Self) -> Option<Self>;
    fn div(self, other: Self) -> Option<Self>;
    /// For a divisor that is not zero.
    fn rem(self, other: Self) -> Self;
}

impl Integer for i64 {
    #[inline]
    fn add(self, other: i64) -> (i64, i64) {
        let sum = self.wrapping_add(other);
        (sum, (self ^ sum) & (other ^ sum))
    }
    #[inline]
    fn sub(self, other: i64) -> (i64, i64) {
        let rest = self.wrapping_sub(other);
        (rest, (self ^ other) & (self ^ rest))
    }
    #[inline]
    fn mul(self, other: i64) -> Option<i64> {
        self.checked_mul(other)
    }
    #[inline]
    fn div(self, other: i64) -> Option<i64> {
        self.checked_div(other)
    }
    #[inline]
    fn rem(self, other: i64) -> i64 {
        self.wrapping_rem(other)
    }
}

impl Integer for u64 {
    #[inline]
    fn add(self, other: u64) -> (u64, i64) {
        let sum = self.wrapping_add(other);
        (sum, ((self & other) | ((self | other) & !sum)) as i64)
    }
    #[inline]
    fn sub(self, other: u64) -> (u64, i64) {
        let rest = self.wrapping_sub(other);
        (rest, ((!self & other) | ((!self | other) & rest)) as i64)
    }
    #[inline]
    fn mul(self, other: u64) -> Option<u64> {
        self.checked_mul(other)
    }
    #[inline]
    fn div(self, other: u64) -> Option<u64> {
        self.checked_div(other)
    }
    #[inline]
    fn rem(self, other: u64) -> u64 {
        self % other
    }
}

fn integer<T: Integer>(
    rows: usize,
    op: Arith,
    a: Arg<T>,
    b: Arg<T>,
    out: &mut Vec<T>,
    errors: &mut Errors,
    sites: Sites,
) {
    match op {
        Arith::Add => flagged(rows, a, b, out, errors, sites.overflow, T::add),
        Arith::Sub => flagged(rows, a, b, out, errors, sites.overflow, T::sub),
        Arith::Mul => partial(rows, a, b, out, errors, |a, b| a.mul(b).ok_or(sites.overflow)),
        Arith::Div => partial(rows, a, b, out, errors, |a, b| {
            if b == T::default() { Err(sites.zero) } else { a.div(b).ok_or(sites.overflow) }
        }),
        Arith::Rem => {
            partial(
                rows,
                a,
                b,
                out,
                errors,
                |a, b| {
                    if b == T::default() { Err(sites.zero) } else { Ok(a.rem(b)) }
                },
            )
        }
    }
}

fn flagged<T: Integer>(
    rows: usize,
    a: Arg<T>,
    b: Arg<T>,
    out: &mut Vec<T>,
    errors: &mut Errors,
    site: SiteId,
    f: impl Fn(T, T) -> (T, i64),
) {
    if map2_flag(rows, a, b, out, &f) {
        (0..rows).filter(|row| f(a.get(*row), b.get(*row)).1 < 0).for_each(|row| errors.set(rows, row, site));
    }
}

fn partial<T: Integer>(
    rows: usize,
    a: Arg<T>,
    b: Arg<T>,
    out: &mut Vec<T>,
    errors: &mut Errors,
    f: impl Fn(T, T) -> Result<T, SiteId>,
) {
    out.resize(rows, T::default());
    for (row, out) in out.iter_mut().enumerate() {
        match f(a.get(row), b.get(row)) {
            Ok(value) => *out = value,
            Err(site) => errors.set(rows, row, site),
        }
    }
}

pub(super) fn negate(frame: &Frame, out: &mut Reg, form: Form, of: &Data, site: SiteId) {
    match form {
        Form::F32 => map1(frame.rows(), frame.lane(of), &mut out.f32s, |a: f32| -a),
        Form::F64 => map1(frame.rows(), frame.lane(of), &mut out.f64s, |a: f64| -a),
        _ => {
            let (zero, of) = (Arg::One(0i64), frame.lane(of));
            flagged(frame.rows(), zero, of, &mut out.i64s, &mut out.errors, site, i64::sub);
        }
    }
}

pub(super) fn abs(frame: &Frame, out: &mut Reg, form: Form, of: &Data, site: SiteId) {
    match form {
        Form::F32 => map1(frame.rows(), frame.lane(of), &mut out.f32s, f32::abs),
        Form::F64 => map1(frame.rows(), frame.lane(of), &mut out.f64s, f64::abs),
        _ => {
            let (zero, of) = (Arg::One(0i64), frame.lane(of));
            // Only the smallest i64 is still negative.
            let abs = |_, value: i64| (value.wrapping_abs(), value.wrapping_abs());
            flagged(frame.rows(), zero, of, &mut out.i64s, &mut out.errors, site, abs);
        }
    }
}

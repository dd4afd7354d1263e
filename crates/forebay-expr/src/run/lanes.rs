//! Values of fixed width: columns, registers and constants as arguments of loops that the compiler can vectorise.

use bytemuck::Pod;

use super::Reg;
use crate::scalar::Scalar;

/// One value a row, or one value for all.
#[derive(Clone, Copy)]
pub(crate) enum Arg<'a, T> {
    Slice(&'a [T]),
    One(T),
}

impl<T: Copy> Arg<'_, T> {
    #[inline]
    pub fn get(&self, row: usize) -> T {
        match self {
            Arg::Slice(values) => values[row],
            Arg::One(value) => *value,
        }
    }
}

/// A type that registers hold.
pub(crate) trait Lane: Pod + Default + PartialEq + PartialOrd {
    fn of(reg: &Reg) -> &Vec<Self>;
    fn of_mut(reg: &mut Reg) -> &mut Vec<Self>;
    fn constant(scalar: &Scalar) -> Self;
}

macro_rules! lane {
    ($($ty:ty, $field:ident, $($pattern:pat => $value:expr),+;)*) => {$(
        impl Lane for $ty {
            fn of(reg: &Reg) -> &Vec<Self> {
                &reg.$field
            }
            fn of_mut(reg: &mut Reg) -> &mut Vec<Self> {
                &mut reg.$field
            }
            fn constant(scalar: &Scalar) -> Self {
                match scalar {
                    $($pattern => $value,)+
                    other => panic!("{other:?} stands where another type was checked"),
                }
            }
        }
    )*};
}

lane! {
    u8, bools, Scalar::Bool(value) => u8::from(*value);
    i64, i64s, Scalar::I64(value) => *value;
    u64, u64s, Scalar::U64(value) => *value;
    f32, f32s, Scalar::F32(value) => *value;
    f64, f64s, Scalar::F64(value) => *value;
}

/// Runs the same code for each form that has lanes; texts and nested values are the caller's.
macro_rules! by_lane {
    ($form:expr, $lane:ident => $body:expr, _ => $other:expr) => {
        match $form {
            Form::Bool => {
                type $lane = u8;
                $body
            }
            Form::I64 => {
                type $lane = i64;
                $body
            }
            Form::U64 => {
                type $lane = u64;
                $body
            }
            Form::F32 => {
                type $lane = f32;
                $body
            }
            Form::F64 => {
                type $lane = f64;
                $body
            }
            Form::Text | Form::Nested => $other,
        }
    };
}
pub(super) use by_lane;

#[inline]
pub(super) fn map1<A: Copy, O: Copy + Default>(rows: usize, a: Arg<A>, out: &mut Vec<O>, f: impl Fn(A) -> O) {
    out.resize(rows, O::default());
    match a {
        Arg::Slice(a) => out.iter_mut().zip(a).for_each(|(out, a)| *out = f(*a)),
        Arg::One(a) => out.fill(f(a)),
    }
}

#[inline]
pub(super) fn map2<A: Copy, B: Copy, O: Copy + Default>(
    rows: usize,
    a: Arg<A>,
    b: Arg<B>,
    out: &mut Vec<O>,
    f: impl Fn(A, B) -> O,
) {
    out.resize(rows, O::default());
    match (a, b) {
        (Arg::Slice(a), Arg::Slice(b)) => {
            out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| *out = f(*a, *b))
        }
        (Arg::Slice(a), Arg::One(b)) => out.iter_mut().zip(a).for_each(|(out, a)| *out = f(*a, b)),
        (Arg::One(a), Arg::Slice(b)) => out.iter_mut().zip(b).for_each(|(out, b)| *out = f(a, *b)),
        (Arg::One(a), Arg::One(b)) => out.fill(f(a, b)),
    }
}

/// Like [`map2`] for what may fail: `f` also gives a word that is negative where it does. Whether any row failed comes
/// back, so that the loop itself has no jump.
#[inline]
pub(super) fn map2_flag<A: Copy, B: Copy, O: Copy + Default>(
    rows: usize,
    a: Arg<A>,
    b: Arg<B>,
    out: &mut Vec<O>,
    f: impl Fn(A, B) -> (O, i64),
) -> bool {
    out.resize(rows, O::default());
    let mut flags = 0;
    let mut each = |out: &mut O, a, b| {
        let (value, flag) = f(a, b);
        *out = value;
        flags |= flag;
    };
    match (a, b) {
        (Arg::Slice(a), Arg::Slice(b)) => {
            out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| each(out, *a, *b))
        }
        (Arg::Slice(a), Arg::One(b)) => out.iter_mut().zip(a).for_each(|(out, a)| each(out, *a, b)),
        (Arg::One(a), Arg::Slice(b)) => out.iter_mut().zip(b).for_each(|(out, b)| each(out, a, *b)),
        (Arg::One(a), Arg::One(b)) => out.iter_mut().for_each(|out| each(out, a, b)),
    }
    flags < 0
}

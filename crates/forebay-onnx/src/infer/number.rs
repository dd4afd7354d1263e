//! Numbers of columns as elements of tensors: which go where, and how they are rounded.

use forebay_stage::types::Ty;

/// The type of a column that a tensor can take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    Decimal(u8),
}

/// An element of a tensor. Every conversion rounds once, to nearest, ties to even; into i64 go only whole numbers.
pub trait Element: bytemuck::Pod {
    fn whole(value: i64) -> Self;
    fn unsigned(value: u64) -> Self;
    fn real(value: f64) -> Self;
}

impl Number {
    pub fn of(ty: &Ty) -> Option<Number> {
        Some(match ty {
            Ty::Bool => Number::Bool,
            Ty::I8 => Number::I8,
            Ty::I16 => Number::I16,
            Ty::I32 => Number::I32,
            Ty::I64 => Number::I64,
            Ty::U8 => Number::U8,
            Ty::U16 => Number::U16,
            Ty::U32 => Number::U32,
            Ty::U64 => Number::U64,
            Ty::F32 => Number::F32,
            Ty::F64 => Number::F64,
            Ty::Decimal(scale) => Number::Decimal(*scale),
            _ => return None,
        })
    }

    /// Whether a tensor of this element type takes every value: nothing but rounding to a float may change it.
    pub fn fits(self, tensor: &Ty) -> bool {
        let whole = !matches!(self, Number::U64 | Number::F32 | Number::F64 | Number::Decimal(_));
        *tensor != Ty::I64 || whole
    }
}

impl Element for f32 {
    fn whole(value: i64) -> f32 {
        value as f32
    }
    fn unsigned(value: u64) -> f32 {
        value as f32
    }
    fn real(value: f64) -> f32 {
        value as f32
    }
}

impl Element for f64 {
    fn whole(value: i64) -> f64 {
        value as f64
    }
    fn unsigned(value: u64) -> f64 {
        value as f64
    }
    fn real(value: f64) -> f64 {
        value
    }
}

impl Element for i64 {
    fn whole(value: i64) -> i64 {
        value
    }
    /// Not asked for: [`Number::fits`] keeps such columns out.
    fn unsigned(value: u64) -> i64 {
        value as i64
    }
    /// Asked for a whole `null` only: [`Number::fits`] keeps columns of reals out.
    fn real(value: f64) -> i64 {
        value as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_i64_tensor_takes_nothing_that_it_would_change() {
        let all = ["bool", "i8", "u32", "i64", "u64", "f32", "f64", "decimal(2)"];
        let taken: Vec<&str> = all
            .into_iter()
            .filter(|ty| Number::of(&Ty::parse(ty).unwrap()).is_some_and(|number| number.fits(&Ty::I64)))
            .collect();
        assert_eq!(taken, ["bool", "i8", "u32", "i64"]);
    }
}

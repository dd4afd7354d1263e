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

/// The f64 nearest to `value / 10^scale`.
#[inline]
pub fn decimal(value: i64, scale: u8) -> f64 {
    // Both sides are exact, and IEEE division rounds once. 10^18 is the largest power and exact.
    if value.unsigned_abs() < 1 << 53 {
        value as f64 / POWERS[scale as usize] as f64
    } else {
        wide(value, scale)
    }
}

#[cold]
fn wide(value: i64, scale: u8) -> f64 {
    let (dividend, divisor) = (u128::from(value.unsigned_abs()) << 64, u128::from(POWERS[scale as usize]));
    // At least 57 bits of quotient, and whether there is more in the lowest: rounding that to 53 is rounding once.
    let quotient = (dividend / divisor) | u128::from(!dividend.is_multiple_of(divisor));
    let nearest = quotient as f64 * (-64f64).exp2();
    if value < 0 { -nearest } else { nearest }
}

const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The nearest f64 to the decimal as text, by the standard library's correctly rounded parser.
    fn check(value: i64, scale: u8) {
        assert_eq!(decimal(value, scale), format!("{value}e-{scale}").parse().unwrap(), "{value}e-{scale}");
    }

    #[test]
    fn decimals_round_once() {
        let mut value = 1i64;
        for scale in 0..=18 {
            for edge in [
                0,
                1,
                -1,
                (1 << 53) - 1,
                1 << 53,
                (1 << 53) + 1,
                i64::MAX,
                i64::MIN,
                -999_999_999_999_999_999,
            ] {
                check(edge, scale);
            }
            for _ in 0..20_000 {
                value = value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                check(value, scale);
                check(value >> 24, scale);
            }
        }
    }

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

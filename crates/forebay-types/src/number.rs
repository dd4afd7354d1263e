//! From exact numbers to floats. Wherever a decimal or a mean becomes a float it happens here, and every result is
//! the one float that is nearest to the exact value, so that expressions, windows and models agree to the bit.

/// The largest power of ten that an i64 holds is 10 to this, which is also the widest decimal.
const POWERS: usize = crate::ty::MAX_SCALE as usize + 1;

const POWERS_OF_TEN: [i64; POWERS] = {
    let mut powers = [1; POWERS];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Up to here every whole number is a float.
const EXACT: u64 = 1 << 53;

/// The f64 nearest to a `decimal(scale)` whose digits are `value`: `value / 10^scale`, rounded once, ties to even. The
/// same number as the decimal's text gives when it is parsed.
///
/// ```
/// # use forebay_types::number::decimal_to_f64;
/// assert_eq!(decimal_to_f64(-1250, 2), -12.5);
/// assert_eq!(decimal_to_f64(i64::MAX, 18), 9.223372036854775807);
/// ```
#[inline]
pub fn decimal_to_f64(value: i64, scale: u8) -> f64 {
    let power = POWERS_OF_TEN[usize::from(scale)];
    if value.unsigned_abs() < EXACT {
        // Both sides are exact, powers of ten up to 10^22, and a division rounds once.
        value as f64 / power as f64
    } else {
        ratio(i128::from(value), power as u128)
    }
}

/// The f64 nearest to `num / den`: rounded once, ties to even. `den` is from 1 to below 2¹²⁷.
pub fn ratio(num: i128, den: u128) -> f64 {
    if let (Ok(num), Ok(den)) = (i64::try_from(num), u64::try_from(den))
        && num.unsigned_abs() < EXACT
        && den < EXACT
    {
        return num as f64 / den as f64;
    }
    let quotient = long_ratio(num.unsigned_abs(), den);
    if num < 0 { -quotient } else { quotient }
}

/// Long division, to at least 55 bits and one that says whether something remains: rounding that is rounding once.
#[cold]
fn long_ratio(num: u128, den: u128) -> f64 {
    debug_assert!((1..1 << 127).contains(&den));
    if num == 0 {
        return 0.0;
    }
    let mut shift = num.leading_zeros();
    let mut quotient = (num << shift) / den;
    let mut rest = (num << shift) % den;
    while quotient < 1 << 55 {
        rest <<= 1;
        let bit = rest >= den;
        quotient = quotient << 1 | u128::from(bit);
        rest -= if bit { den } else { 0 };
        shift += 1;
    }
    let power = f64::from_bits((1023 - u64::from(shift)) << 52);
    (quotient | u128::from(rest != 0)) as f64 * power
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the standard library's parser, which rounds right.
    fn check(value: i64, scale: u8) {
        let text = format!("{value}e-{scale}");
        assert_eq!(decimal_to_f64(value, scale).to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }

    #[test]
    fn decimals_at_the_edges_are_the_floats_of_their_texts() {
        let edges = [0, 1, -1, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, i64::MAX, i64::MIN];
        for scale in 0..=crate::ty::MAX_SCALE {
            edges.into_iter().chain([999_999_999_999_999_999]).for_each(|value| check(value, scale));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn decimals_are_the_floats_of_their_texts(value: i64, shift in 0..64, scale in 0..=crate::ty::MAX_SCALE) {
            check(value >> shift, scale);
        }

        /// The exact quotient lies within half a step of the result, seen in integers.
        #[test]
        fn quotients_are_rounded_once(num in -1i128 << 100..1 << 100, small: bool, den in 1u128..1 << 24) {
            let num = if small { num >> 50 } else { num };
            prop_assume!(num != 0);
            let bits = ratio(num, den).abs().to_bits();
            let exponent = (bits >> 52) as i32 - 1075;
            let mantissa = u128::from(bits & ((1 << 52) - 1) | 1 << 52);
            let up = |x: u128, by: i32| if by > 0 { x << by } else { x };
            let twice = 2 * up(num.unsigned_abs(), -exponent);
            let got = up(2 * mantissa * den, exponent);
            prop_assert!(twice.abs_diff(got) <= up(den, exponent), "{num} / {den}");
        }
    }
}

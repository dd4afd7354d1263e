//! Exact arithmetic of sums: floats as fixed-point integers.

/// A float as a multiple of 2⁻⁶⁴. Exact for finite `|x|` from 2⁻¹¹ to below 2⁶², off by at most 2⁻⁶⁵ below that.
pub fn fixed(x: f64) -> i128 {
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    if exponent == 0 {
        return 0;
    }
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let shift = exponent - 1023 - 52 + 64;
    let size = match shift {
        0.. => i128::from(mantissa) << shift,
        -54..0 => {
            let (down, half) = (-shift, 1u64 << (-shift - 1));
            let (whole, rest) = (mantissa >> down, mantissa & (half * 2 - 1));
            i128::from(whole + u64::from(rest > half || rest == half && whole % 2 == 1))
        }
        _ => 0,
    };
    if bits >> 63 == 0 { size } else { -size }
}

/// 2⁻⁶⁴.
pub const UNIT: f64 = 1.0 / (1u128 << 64) as f64;

/// Sum of fixed-point floats with so many bits that no number of events makes it overflow; three words.
pub struct Fixed192;

impl Fixed192 {
    #[inline]
    pub fn add(words: &mut [u64], x: i128) {
        let (low, carry) = low(words).overflowing_add(x as u128);
        words[0] = low as u64;
        words[1] = (low >> 64) as u64;
        words[2] = words[2].wrapping_add((x >> 127) as u64).wrapping_add(u64::from(carry));
    }

    /// The sum, where 128 bits hold it.
    #[inline]
    pub fn get(words: &[u64]) -> Option<i128> {
        let low = low(words) as i128;
        (words[2] == (low >> 127) as u64).then_some(low)
    }
}

fn low(words: &[u64]) -> u128 {
    u128::from(words[0]) | u128::from(words[1]) << 64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn floats_become_multiples_of_the_unit() {
        assert_eq!(fixed(1.0), 1 << 64);
        assert_eq!(fixed(-0.75), -(3 << 62));
        assert_eq!(fixed(0.0), 0);
        assert_eq!(fixed(UNIT), 1);
        assert_eq!(fixed(UNIT * 0.5), 0, "half of it goes to even");
        assert_eq!(fixed(UNIT * 1.5), 2);
        assert_eq!(fixed(UNIT * 0.25), 0);
        assert_eq!(fixed(5e-324), 0);
        let large = f64::from_bits(((1u64 << 62) as f64).to_bits() - 1);
        assert_eq!(fixed(large), (large as i128) << 64);
    }

    #[test]
    fn wide_sums_come_back_from_beyond() {
        let mut sum = [0u64; 3];
        let large = fixed(4e18);
        (0..5).for_each(|_| Fixed192::add(&mut sum, large));
        assert_eq!(Fixed192::get(&sum), None);
        (0..4).for_each(|_| Fixed192::add(&mut sum, -large));
        assert_eq!(Fixed192::get(&sum), Some(large));
        (0..6).for_each(|_| Fixed192::add(&mut sum, -large));
        assert_eq!(Fixed192::get(&sum), None);
    }

    proptest! {
        #[test]
        fn floats_of_ordinary_size_are_exact(x in -1e15f64..1e15) {
            prop_assume!(x.abs() >= 1.0 / 2048.0);
            prop_assert_eq!(fixed(x) as f64 * UNIT, x);
        }
    }
}

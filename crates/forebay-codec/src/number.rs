//! Exact numbers out of JSON's digits, and back. Integers, decimals and numeric timestamps are all "a number
//! times a power of ten that has to be whole", so one function reads them all.

/// Why a number does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Digits that are not zero stand behind the last one that there is room for.
    Digits,
    /// It is too large for anything here.
    Large,
}

/// The number times 10^`scale`, where that is whole. `text` is a number as JSON writes them.
#[inline]
pub(crate) fn exact(text: &[u8], scale: u8) -> Result<i128, Unfit> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let value = match short(digits, scale) {
        Some(value) => i128::from(value),
        None => long(digits, scale)?,
    };
    Ok(if negative { -value } else { value })
}

/// Most numbers: few digits, no exponent, not more of them behind the point than asked for.
#[inline]
fn short(text: &[u8], scale: u8) -> Option<u64> {
    // 19 digits cannot overflow.
    if text.len() > 19 {
        return None;
    }
    let mut value = 0u64;
    let mut behind_point = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b'.' => behind_point = text.len() - at - 1,
            _ => return None,
        }
    }
    let missing = usize::from(scale).checked_sub(behind_point)?;
    value.checked_mul(10u64.pow(missing as u32))
}

#[cold]
fn long(text: &[u8], scale: u8) -> Result<i128, Unfit> {
    let (mantissa, exponent) = significant(text)?;
    if mantissa == 0 {
        return Ok(0);
    }
    let shift = exponent.saturating_add(i64::from(scale));
    if shift < 0 {
        return Err(Unfit::Digits);
    }
    let power = u32::try_from(shift).ok().and_then(|shift| 10i128.checked_pow(shift));
    power.and_then(|power| mantissa.checked_mul(power)).ok_or(Unfit::Large)
}

/// The digits without zeros at their ends, and the power of ten that they count.
fn significant(text: &[u8]) -> Result<(i128, i64), Unfit> {
    let mut mantissa = 0i128;
    let mut zeros = 0u32;
    let mut exponent = 0i64;
    let mut behind_point = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'.' => behind_point = true,
            b'e' | b'E' => {
                exponent = exponent.saturating_add(read_exponent(&text[at + 1..]));
                break;
            }
            digit => {
                exponent -= i64::from(behind_point);
                match (digit, mantissa) {
                    (b'0', 0) => {}
                    (b'0', _) => zeros += 1,
                    _ => {
                        let grown =
                            10i128.checked_pow(zeros + 1).and_then(|power| mantissa.checked_mul(power));
                        let grown = grown.and_then(|grown| grown.checked_add(i128::from(digit - b'0')));
                        let unfit = if behind_point { Unfit::Digits } else { Unfit::Large };
                        mantissa = grown.ok_or(unfit)?;
                        zeros = 0;
                    }
                }
            }
        }
    }
    Ok((mantissa, exponent.saturating_add(i64::from(zeros))))
}

/// An exponent of JSON; one beyond all reason is as large as one can be.
fn read_exponent(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let size =
        digits.iter().fold(0i64, |size, byte| size.saturating_mul(10).saturating_add(i64::from(byte - b'0')));
    if negative { -size } else { size }
}

/// `value` / 10^`scale` with all its digits: 1250 with 2 is `12.50`.
pub(crate) fn write_decimal(value: i64, scale: u8, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value.unsigned_abs()).as_bytes();
    let scale = usize::from(scale);
    if scale == 0 {
        out.extend_from_slice(digits);
    } else if let Some(whole) = digits.len().checked_sub(scale).filter(|whole| *whole > 0) {
        out.extend_from_slice(&digits[..whole]);
        out.push(b'.');
        out.extend_from_slice(&digits[whole..]);
    } else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + scale - digits.len(), b'0');
        out.extend_from_slice(digits);
    }
}

/// `value` / 10^`scale` with as many digits behind the point as it needs: 1500 with 3 is `1.5`, 2000 is `2`.
#[inline]
pub(crate) fn write_shortest(value: i64, scale: u8, out: &mut Vec<u8>) {
    let unit = 10i64.pow(u32::from(scale));
    if value % unit == 0 {
        return out.extend_from_slice(itoa::Buffer::new().format(value / unit).as_bytes());
    }
    write_decimal(value, scale, out);
    let zeros = out.iter().rev().take_while(|byte| **byte == b'0').count();
    out.truncate(out.len() - zeros);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, scale: u8, expect: Result<i128, Unfit>) {
        assert_eq!(exact(text.as_bytes(), scale), expect, "{text} with {scale}");
    }

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        check("12.5", 2, Ok(1250));
        check("12.50", 2, Ok(1250));
        check("12.500000000000000000000000", 2, Ok(1250));
        check("1.25e1", 2, Ok(1250));
        check("125E-1", 2, Ok(1250));
        check("12.505", 2, Err(Unfit::Digits));
        check("-0.01", 2, Ok(-1));
        check("1.7672256e12", 0, Ok(1_767_225_600_000));
        check("18446744073709551615", 0, Ok(u64::MAX.into()));
        check("-9223372036854775808", 0, Ok(i64::MIN.into()));
        check("0.0000000000000000000000000000000000000000000001e46", 0, Ok(1));
        check("100000000000000000000000000000000000000000000000000e-50", 0, Ok(1));
        check("0e999999999999999999999", 0, Ok(0));
        check("1e999999999999999999999", 0, Err(Unfit::Large));
        check("1e-999999999999999999999", 0, Err(Unfit::Digits));
        check("1.0000000000000000000000000000000000000000000001", 0, Err(Unfit::Digits));
        check("1e38", 18, Err(Unfit::Large));
    }

    #[test]
    fn decimals_are_written_with_the_digits_that_were_asked_for() {
        for (value, scale, all, shortest) in [
            (1250, 2, "12.50", "12.5"),
            (-5, 2, "-0.05", "-0.05"),
            (7, 0, "7", "7"),
            (100, 0, "100", "100"),
            (0, 3, "0.000", "0"),
            (i64::MIN, 18, "-9.223372036854775808", "-9.223372036854775808"),
            (1_767_225_600_000_000_000, 6, "1767225600000.000000", "1767225600000"),
        ] {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            write_decimal(value, scale, &mut a);
            write_shortest(value, scale, &mut b);
            assert_eq!((a, b), (all.as_bytes().to_vec(), shortest.as_bytes().to_vec()));
        }
    }
}

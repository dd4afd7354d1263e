//! Exact numbers out of JSON's digits, and back. Integers, decimals and numeric timestamps are all "a number
//! times a power of ten that has to be whole", so one function reads them all, and a quick one most of them.

use crate::word::{digits, eight_digits, word};

/// Why a number does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Digits that are not zero stand behind the last one that there is room for.
    Digits,
    /// It is too large for anything here.
    Large,
}

/// The number that stands at `at`, times 10^`scale`, and its end: where it has at most 19 digits, no exponent, not more digits
/// behind the point than are asked for, and fits. Everything else is [`exact`]'s.
#[inline]
pub(crate) fn plain(text: &[u8], at: usize, scale: u8) -> Option<(i64, usize)> {
    if text.get(at) == Some(&b'-') {
        let (value, end) = positive(text, at + 1, scale)?;
        return Some((-value, end));
    }
    positive(text, at, scale)
}

fn positive(text: &[u8], at: usize, scale: u8) -> Option<(i64, usize)> {
    let head = word(text, at);
    let (mut value, mut count) = digits(head);
    if count == 8 {
        (value, count) = more(text, at + 8, value);
        count += 8;
    }
    if count == 0 || (count > 1 && head as u8 == b'0') {
        return None;
    }
    let mut end = at + count;
    let mut missing = usize::from(scale);
    if text.get(end) == Some(&b'.') {
        let behind;
        (value, behind) = more(text, end + 1, value);
        if behind == 0 {
            return None;
        }
        missing = missing.checked_sub(behind)?;
        count += behind;
        end += 1 + behind;
    }
    if count > MOST_DIGITS || matches!(text.get(end), Some(b'e' | b'E')) {
        return None;
    }
    let value = i64::try_from(value.checked_mul(*POWERS.get(missing)?)?).ok()?;
    Some((value, end))
}

/// So many digits always fit into 64 bits.
const MOST_DIGITS: usize = 19;

/// `value` with the digits from `at` on behind it, and their number. Of too many it makes nonsense.
#[inline]
fn more(text: &[u8], at: usize, mut value: u64) -> (u64, usize) {
    let mut whole = 0;
    loop {
        let (part, count) = digits(word(text, at + whole));
        value = value.wrapping_mul(POWERS[count]).wrapping_add(part);
        if count < 8 {
            return (value, whole + count);
        }
        whole += 8;
    }
}

/// 10^0 to 10^18.
const POWERS: [u64; 19] = {
    let mut powers = [1u64; 19];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// The number times 10^`scale`, where that is whole. `text` is a number as JSON writes them.
#[cold]
pub(crate) fn exact(text: &[u8], scale: u8) -> Result<i128, Unfit> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let value = long(digits, scale)?;
    Ok(if negative { -value } else { value })
}

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

/// A whole number.
#[inline]
pub(crate) fn write_whole(value: u64, out: &mut Vec<u8>) {
    if value < PART {
        return write_first(value as u32, out);
    }
    let (high, low) = (value / PART, value % PART);
    if high < PART {
        write_first(high as u32, out);
    } else {
        write_first((high / PART) as u32, out);
        out.extend_from_slice(&eight_digits((high % PART) as u32).to_le_bytes());
    }
    out.extend_from_slice(&eight_digits(low as u32).to_le_bytes());
}

/// What eight digits hold.
const PART: u64 = 100_000_000;

/// A number below [`PART`] without zeros before it.
#[inline]
fn write_first(value: u32, out: &mut Vec<u8>) {
    let zeros = 7 - (value | 1).ilog10();
    // All eight bytes at once, and what is too much cut off again.
    out.extend_from_slice(&(eight_digits(value) >> (8 * zeros)).to_le_bytes());
    out.truncate(out.len() - zeros as usize);
}

/// The last `count` digits of a number below 10^`count`, which is 19 at most.
#[inline]
fn write_last(value: u64, count: usize, out: &mut Vec<u8>) {
    if count > 8 {
        write_last(value / PART, count - 8, out);
        out.extend_from_slice(&eight_digits((value % PART) as u32).to_le_bytes());
    } else {
        let digits = eight_digits(value as u32).checked_shr(64 - 8 * count as u32).unwrap_or(0);
        out.extend_from_slice(&digits.to_le_bytes());
        out.truncate(out.len() - (8 - count));
    }
}

/// `value` / 10^`scale` with all its digits: 1250 with 2 is `12.50`.
#[inline]
pub(crate) fn write_decimal(value: i64, scale: u8, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    if scale == 0 {
        return write_whole(value.unsigned_abs(), out);
    }
    let unit = POWERS[usize::from(scale)];
    write_whole(value.unsigned_abs() / unit, out);
    out.push(b'.');
    write_last(value.unsigned_abs() % unit, usize::from(scale), out);
}

/// `value` / 10^`scale` with as many digits behind the point as it needs: 1500 with 3 is `1.5`, 2000 is `2`.
#[inline]
pub(crate) fn write_shortest(value: i64, scale: u8, out: &mut Vec<u8>) {
    let unit = POWERS[usize::from(scale)];
    if value.unsigned_abs().is_multiple_of(unit) {
        return write_decimal(value / unit as i64, 0, out);
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

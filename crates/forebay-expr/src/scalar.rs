//! One value: a literal, a var, a member of a list. And texts read and written as values of a type.

use std::fmt::{self, Write};
use std::sync::Arc;

use forebay_types::Ty;
use forebay_types::unit::{DurationText, parse_duration};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// A value in the form in which programs compute: integers but u64, decimals (without their point), timestamps,
/// dates and durations are i64.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    /// Text, or bytes.
    Text(Arc<[u8]>),
}

impl Scalar {
    pub fn text(text: &str) -> Scalar {
        Scalar::Text(text.as_bytes().into())
    }

    /// Reads a text as a value of a type: an item of a list file, the value of a var. The error says what is wrong
    /// with the text.
    pub fn read(ty: &Ty, text: &str) -> Result<Scalar, String> {
        let number = |why: &str| format!("`{text}` is no {ty}: {why}");
        Ok(match ty {
            Ty::Bool => match text {
                "true" => Scalar::Bool(true),
                "false" => Scalar::Bool(false),
                _ => return Err(number("true or false")),
            },
            Ty::U64 => Scalar::U64(text.parse().map_err(|_| number("a whole number from 0"))?),
            Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 | Ty::U8 | Ty::U16 | Ty::U32 => {
                let (min, max) = ty.integer_range().unwrap_or_default();
                let value = text.parse::<i128>().ok().filter(|value| (min..=max).contains(value));
                let value = value.ok_or_else(|| number(&format!("a whole number from {min} to {max}")))?;
                Scalar::I64(value as i64)
            }
            Ty::F32 => Scalar::F32(text.parse().map_err(|_| number("a number"))?),
            Ty::F64 => Scalar::F64(text.parse().map_err(|_| number("a number"))?),
            Ty::Decimal(scale) => Scalar::I64(read_decimal(text, *scale).map_err(|why| number(&why))?),
            Ty::String | Ty::Bytes => Scalar::text(text),
            Ty::Timestamp(_) => Scalar::I64(read_time(text)?),
            Ty::Date => Scalar::I64(read_date(text)?),
            Ty::Duration => Scalar::I64(read_duration(text)?),
            Ty::Optional(inner) => Scalar::read(inner, text)?,
            Ty::Zones | Ty::List(_) | Ty::Struct(_) | Ty::Unknown => {
                return Err(format!("a {ty} cannot be written as one text"));
            }
        })
    }
}

/// The digits after the point that a number as written needs.
pub(crate) fn digits_after_point(text: &str) -> usize {
    let (mantissa, exponent) = split_exponent(text);
    let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len()) as i64;
    (fraction - exponent).max(0) as usize
}

fn split_exponent(text: &str) -> (&str, i64) {
    match text.find(['e', 'E']) {
        None => (text, 0),
        // An exponent beyond i16 is as good as the largest: nothing but zero fits.
        Some(at) => (&text[..at], i64::from(text[at + 1..].parse::<i16>().unwrap_or(i16::MAX))),
    }
}

/// A number as written, times 10^scale, when that is whole.
pub(crate) fn read_decimal(text: &str, scale: u8) -> Result<i64, String> {
    let (mantissa, exponent) = split_exponent(text);
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err("a number such as 12.50".into());
    }
    let digits = || whole.bytes().chain(fraction.bytes()).map(|b| i128::from(b - b'0'));
    let mut shift = i64::from(scale) + exponent - fraction.len() as i64;
    let mut value: i128 = 0;
    for digit in digits() {
        value = value.checked_mul(10).and_then(|v| v.checked_add(digit)).ok_or("it is too large")?;
    }
    while shift > 0 && value != 0 {
        value = value.checked_mul(10).ok_or("it is too large")?;
        shift -= 1;
    }
    while shift < 0 && value != 0 {
        if value % 10 != 0 {
            return Err(format!("it has more than {scale} digits after the point"));
        }
        value /= 10;
        shift += 1;
    }
    i64::try_from(if negative { -value } else { value }).map_err(|_| "it is too large".into())
}

/// Nanoseconds of RFC 3339.
pub(crate) fn read_time(text: &str) -> Result<i64, String> {
    let bad =
        || format!("`{text}` is no time such as 2026-01-31T12:00:00Z, with a zone, between 1678 and 2262");
    let time: Timestamp = text.parse().map_err(|_| bad())?;
    i64::try_from(time.as_nanosecond()).map_err(|_| bad())
}

/// Days of YYYY-MM-DD.
pub(crate) fn read_date(text: &str) -> Result<i64, String> {
    let bad = || format!("`{text}` is no date such as 2026-01-31");
    let date: Date = if text.len() == 10 { text.parse().map_err(|_| bad())? } else { return Err(bad()) };
    let midnight = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_err(|_| bad())?;
    Ok(midnight.as_second().div_euclid(86_400))
}

/// Nanoseconds of `1h30m`; a minus sign in front turns all of it.
pub(crate) fn read_duration(text: &str) -> Result<i64, String> {
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    parse_duration(rest).map(|nanos| sign * nanos).map_err(|error| match error.suggest {
        Some(right) => format!("`{text}` is no duration: write {right}"),
        None => format!("`{text}` is no duration such as 90s or 1h30m: {}", error.why),
    })
}

/// What `string(x)` gives for a value in i64 form; an error when a date is beyond the calendar.
pub(crate) fn write_i64(out: &mut impl Write, ty: &Ty, value: i64) -> fmt::Result {
    match ty {
        Ty::Decimal(0) => write!(out, "{value}"),
        Ty::Decimal(scale) => {
            let unit = 10i64.pow(u32::from(*scale)).unsigned_abs();
            let (whole, rest) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
            let sign = if value < 0 { "-" } else { "" };
            write!(out, "{sign}{whole}.{rest:0width$}", width = usize::from(*scale))
        }
        Ty::Timestamp(_) => {
            let time = Timestamp::from_nanosecond(value.into()).map_err(|_| fmt::Error)?;
            write!(out, "{time}")
        }
        Ty::Date => {
            let midnight =
                value.checked_mul(86_400).and_then(|s| Timestamp::from_second(s).ok()).ok_or(fmt::Error)?;
            write!(out, "{}", Offset::UTC.to_datetime(midnight).date())
        }
        Ty::Duration => write!(out, "{}", DurationText(value)),
        _ => write!(out, "{value}"),
    }
}

/// The shortest digits that read back as the same number; with an exponent where there would be many zeros.
pub(crate) fn write_float<F: fmt::Display + fmt::LowerExp>(
    out: &mut impl Write,
    value: F,
    size: f64,
) -> fmt::Result {
    if size == 0.0 || !size.is_finite() || (1e-7..1e17).contains(&size) {
        write!(out, "{value}")
    } else {
        write!(out, "{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_as_values_of_a_type_or_say_why_not() {
        let check = |ty: &str, text: &str, wanted: Result<Scalar, &str>| match (
            Scalar::read(&Ty::parse(ty).unwrap(), text),
            wanted,
        ) {
            (Err(found), Err(part)) => assert!(found.contains(part), "{found}"),
            (found, wanted) => assert_eq!(found.map_err(|_| ""), wanted, "{ty} {text}"),
        };
        check("u64", "18446744073709551615", Ok(Scalar::U64(u64::MAX)));
        check("u8", "256", Err("0 to 255"));
        check("decimal(2)", "-12.5", Ok(Scalar::I64(-1250)));
        check("decimal(2)", "1e3", Ok(Scalar::I64(100_000)));
        check("decimal(2)", "12.505", Err("more than 2 digits"));
        check("decimal(18)", "10", Err("too large"));
        check("decimal(2)", "1e999999", Err("too large"));
        check("decimal(2)", "0e999999", Ok(Scalar::I64(0)));
        check("date", "1970-01-03", Ok(Scalar::I64(2)));
        check("date", "1970-1-3", Err("no date"));
        check("timestamp(ms)", "1970-01-01T01:00:01+01:00", Ok(Scalar::I64(1_000_000_000)));
        check("timestamp", "1970-01-01T01:00:01", Err("with a zone"));
        check("duration", "-1h30m", Ok(Scalar::I64(-5_400_000_000_000)));
        check("duration", "5min", Err("write 5m"));
        check("bool", "yes", Err("true or false"));
        check("list(i64)", "[1]", Err("one text"));
    }

    #[test]
    fn values_are_written_so_that_they_read_back() {
        let check = |ty: &str, value: i64, wanted: &str| {
            let mut out = String::new();
            let ty = Ty::parse(ty).unwrap();
            write_i64(&mut out, &ty, value).unwrap();
            assert_eq!(out, wanted);
            assert_eq!(Scalar::read(&ty, &out), Ok(Scalar::I64(value)));
        };
        check("decimal(2)", -5, "-0.05");
        check("decimal(0)", 7, "7");
        check("date", -1, "1969-12-31");
        check("duration", -90_000_000_000, "-90s");
        check("timestamp", 1_500_000_000, "1970-01-01T00:00:01.5Z");
        check("decimal(18)", i64::MIN, "-9.223372036854775808");
    }
}

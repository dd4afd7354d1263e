//! RFC 3339 timestamps and dates as text. The grammar is strict and read here; which days exist is asked of the
//! calendar library.

use jiff::SignedDuration;
use jiff::civil::Date;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);
const DAY_S: i64 = 86_400;
const SECOND_NS: i64 = 1_000_000_000;

const NO_TIMESTAMP: &str = "this is no RFC 3339 timestamp with a zone, such as 2026-01-31T12:00:00Z";
const NO_DATE: &str = "this is no date such as 2026-01-31";
const TOO_FINE: &str = "a timestamp has at most nine digits behind the point";
pub(crate) const OUT_OF_RANGE: &str = "a timestamp lies between the years 1677 and 2262";

/// Nanoseconds since 1970 of `2026-01-31T12:00:00.5+01:00`, or why it is none. A leap second (`:60`) is the
/// second after it, as in Unix time.
pub(crate) fn parse_timestamp(text: &[u8]) -> Result<i64, &'static str> {
    let (date, rest) = text.split_at_checked(10).ok_or(NO_TIMESTAMP)?;
    let days = i64::from(days_of(date).ok_or(NO_TIMESTAMP)?);
    let (clock, rest) = rest.split_at_checked(9).ok_or(NO_TIMESTAMP)?;
    let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = clock else { return Err(NO_TIMESTAMP) };
    let hour = number(&[*h1, *h2]).filter(|hour| *hour < 24).ok_or(NO_TIMESTAMP)?;
    let minute = number(&[*m1, *m2]).filter(|minute| *minute < 60).ok_or(NO_TIMESTAMP)?;
    let second = number(&[*s1, *s2]).filter(|second| *second <= 60).ok_or(NO_TIMESTAMP)?;
    let (nanos, zone) = match rest {
        [b'.', rest @ ..] => fraction(rest)?,
        _ => (0, rest),
    };
    let offset_s = zone_offset(zone).ok_or(NO_TIMESTAMP)?;
    let seconds = days * DAY_S + hour * 3_600 + minute * 60 + second - offset_s;
    let total = i128::from(seconds) * i128::from(SECOND_NS) + i128::from(nanos);
    i64::try_from(total).map_err(|_| OUT_OF_RANGE)
}

/// Days since 1970 of `2026-01-31`, or why it is none.
pub(crate) fn parse_date(text: &[u8]) -> Result<i32, &'static str> {
    days_of(text).ok_or(NO_DATE)
}

fn days_of(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let (month, day) = (number(&[*m1, *m2])?, number(&[*d1, *d2])?);
    let date = Date::new(year as i16, month as i8, day as i8).ok()?;
    Some((date.duration_since(EPOCH).as_secs() / DAY_S) as i32)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

/// Nanoseconds of the digits behind a point, and what follows them.
fn fraction(text: &[u8]) -> Result<(i64, &[u8]), &'static str> {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(len);
    let (kept, lost) = digits.split_at(len.min(9));
    if lost.iter().any(|digit| *digit != b'0') {
        return Err(TOO_FINE);
    }
    match number(kept) {
        Some(value) if len > 0 => Ok((value * 10i64.pow(9 - kept.len() as u32), rest)),
        _ => Err(NO_TIMESTAMP),
    }
}

fn zone_offset(zone: &[u8]) -> Option<i64> {
    match zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = number(&[*h1, *h2]).filter(|hours| *hours < 24)?;
            let minutes = number(&[*m1, *m2]).filter(|minutes| *minutes < 60)?;
            let seconds = hours * 3_600 + minutes * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// `2026-01-31T12:00:00.5Z`, with as many digits behind the point as the value needs.
pub(crate) fn write_timestamp(nanos: i64, out: &mut Vec<u8>) {
    let seconds = nanos.div_euclid(SECOND_NS);
    let second = seconds.rem_euclid(DAY_S) as u32;
    // Nanoseconds in 64 bits stay far inside the calendar.
    write_date(seconds.div_euclid(DAY_S) as i32, out);
    out.push(b'T');
    two_digits(second / 3_600, out);
    out.push(b':');
    two_digits(second / 60 % 60, out);
    out.push(b':');
    two_digits(second % 60, out);
    let fraction = nanos.rem_euclid(SECOND_NS);
    if fraction != 0 {
        let start = out.len();
        crate::number::write_shortest(fraction, 9, out);
        // It was written as `0.5`.
        out.remove(start);
    }
    out.push(b'Z');
}

/// Writes `2026-01-31`; says no, and writes nothing, outside the years 0 to 9999.
pub(crate) fn write_date(days: i32, out: &mut Vec<u8>) -> bool {
    let date = EPOCH.checked_add(SignedDuration::from_secs(i64::from(days) * DAY_S));
    let Some(date) = date.ok().filter(|date| date.year() >= 0) else { return false };
    let year = date.year() as u32;
    two_digits(year / 100, out);
    two_digits(year % 100, out);
    out.push(b'-');
    two_digits(date.month() as u32, out);
    out.push(b'-');
    two_digits(date.day() as u32, out);
    true
}

fn two_digits(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: Result<i64, &str>) {
        assert_eq!(parse_timestamp(text.as_bytes()), expect, "{text}");
    }

    #[test]
    fn timestamps_are_rfc_3339_with_a_zone_and_nothing_else() {
        check("2026-01-01T00:00:00Z", Ok(1_767_225_600_000_000_000));
        check("2026-01-01t00:00:00.250z", Ok(1_767_225_600_250_000_000));
        check("2026-01-01 01:30:00.000000001+01:30", Ok(1_767_225_600_000_000_001));
        check("1969-12-31T23:59:59.5Z", Ok(-500_000_000));
        check("2016-12-31T23:59:60Z", Ok(1_483_228_800_000_000_000));
        check("2262-04-11T23:47:16.854775807Z", Ok(i64::MAX));
        check("1677-09-21T00:12:43.145224192Z", Ok(i64::MIN));
        check("2262-04-11T23:47:16.854775808Z", Err(OUT_OF_RANGE));
        check("0001-01-01T00:00:00Z", Err(OUT_OF_RANGE));
        check("2026-01-01T00:00:00.1234567890Z", Ok(1_767_225_600_123_456_789));
        check("2026-01-01T00:00:00.1234567891Z", Err(TOO_FINE));
        for text in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00Z ",
            "20260101T000000Z",
            "2026-01-01T00:00:00Z[UTC]",
        ] {
            check(text, Err(NO_TIMESTAMP));
        }
    }

    #[test]
    fn dates_are_days_and_days_are_dates() {
        for (text, days) in
            [("1970-01-01", 0), ("1969-12-31", -1), ("2024-02-29", 19_782), ("9999-12-31", 2_932_896)]
        {
            assert_eq!(parse_date(text.as_bytes()), Ok(days));
            let mut out = Vec::new();
            assert!(write_date(days, &mut out));
            assert_eq!(out, text.as_bytes());
        }
        for text in ["2023-02-29", "2023-2-01", "+2023-02-01", "2023-02-01T00:00:00Z", "02/01/2023", ""] {
            assert_eq!(parse_date(text.as_bytes()), Err(NO_DATE), "{text}");
        }
        let mut out = Vec::new();
        assert!(!write_date(i32::MAX, &mut out) && !write_date(-800_000, &mut out) && out.is_empty());
    }

    proptest! {
        #[test]
        fn timestamps_agree_with_the_calendar_library(nanos: i64, offset in -86_399i32..86_400) {
            let mut out = Vec::new();
            write_timestamp(nanos, &mut out);
            let theirs = jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap();
            prop_assert_eq!(std::str::from_utf8(&out).unwrap(), theirs.to_string());
            prop_assert_eq!(parse_timestamp(&out), Ok(nanos));

            let offset = jiff::tz::Offset::from_seconds(offset / 60 * 60).unwrap();
            let zoned = theirs.display_with_offset(offset).to_string();
            prop_assert_eq!(parse_timestamp(zoned.as_bytes()), Ok(nanos), "{}", zoned);
        }
    }
}

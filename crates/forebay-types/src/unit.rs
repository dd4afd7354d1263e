//! Durations, sizes, rates, shares and levels as people write them: always with their unit.

use std::fmt;

/// Why a quantity is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError {
    pub why: String,
    /// What would have been right, where it can be guessed.
    pub suggest: Option<String>,
}

fn error(why: impl Into<String>) -> UnitError {
    UnitError { why: why.into(), suggest: None }
}

const DURATIONS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

const SIZES: &[(&str, i64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Nanoseconds of `20ms`, `1.5s`, `1h30m`, `7d`. Not negative.
pub fn parse_duration(text: &str) -> Result<i64, UnitError> {
    if text.is_empty() {
        return Err(error("a duration is a number with a unit, such as 20ms"));
    }
    if text == "0" {
        return Ok(0);
    }
    let mut rest = text;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let (number, after) = split_number(rest)?;
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let unit = &after[..letters];
        let scale = unit_scale(DURATIONS, unit, number, "ns us ms s m h d")?;
        total = scaled(number, scale)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| error("a duration is at most 292 years, to the nanosecond"))?;
        rest = &after[letters..];
    }
    Ok(total)
}

/// Bytes of `64MiB`, `1.5GB`, `512B`.
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split_number(text)?;
    let scale = unit_scale(SIZES, unit, number, "B kB MB GB KiB MiB GiB TiB")?;
    scaled(number, scale)
        .map(|bytes| bytes as u64)
        .ok_or_else(|| error("a size is a whole number of bytes, at most 8388607 TiB"))
}

/// Events per second of `30fps`, `2/s`, `90/m`, `5000/h`.
pub fn parse_rate(text: &str) -> Result<f64, UnitError> {
    let (number, unit) = split_number(text)?;
    let value: f64 = number.parse().map_err(|_| error("the number does not read"))?;
    let per_second = match unit {
        _ if !value.is_finite() => return Err(error("the number is too large")),
        "fps" | "/s" => value,
        "/m" => value / 60.0,
        "/h" => value / 3_600.0,
        "/d" => value / 86_400.0,
        "" => {
            return Err(UnitError {
                why: "a rate needs a unit".into(),
                suggest: Some(format!("{number}/s")),
            });
        }
        other => return Err(error(format!("`{other}` is no unit of a rate: fps, /s, /m, /h or /d"))),
    };
    if per_second > 0.0 { Ok(per_second) } else { Err(error("a rate is more than zero")) }
}

/// A share of one: `10%`, `99.9%` or a plain number from 0 to 1.
pub fn parse_share(text: &str) -> Result<f64, UnitError> {
    let (number, unit) = split_number(text)?;
    let value: f64 = number.parse().map_err(|_| error("the number does not read"))?;
    let share = match unit {
        // Moving the point is exact where a division is not: 99.9% is 0.999.
        "%" => format!("{number}e-2").parse().unwrap_or(value / 100.0),
        "" if value <= 1.0 => value,
        "" => {
            return Err(UnitError {
                why: "a share is at most 1".into(),
                suggest: Some(format!("{number}%")),
            });
        }
        other => return Err(error(format!("`{other}` is no unit of a share: write 10% or 0.1"))),
    };
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(error("a share is from 0% to 100%")) }
}

/// Decibels of `-60dB`.
pub fn parse_level(text: &str) -> Result<f64, UnitError> {
    let number = text
        .strip_suffix("dB")
        .ok_or_else(|| UnitError { why: "a level is in dB".into(), suggest: Some(format!("{text}dB")) })?;
    let level: f64 = number.trim().parse().map_err(|_| error("the number before dB does not read"))?;
    if level.is_finite() { Ok(level) } else { Err(error("the number before dB is not finite")) }
}

fn split_number(text: &str) -> Result<(&str, &str), UnitError> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let number = &text[..end];
    if number.is_empty() {
        let why = if text.starts_with('-') { "it cannot be negative" } else { "a number has to come first" };
        return Err(error(why));
    }
    if number == "." || number.matches('.').count() > 1 {
        return Err(error(format!("`{number}` is no number")));
    }
    Ok((number, text[end..].trim_start()))
}

fn unit_scale(units: &[(&str, i64)], unit: &str, number: &str, all: &str) -> Result<i64, UnitError> {
    if let Some((_, scale)) = units.iter().find(|(name, _)| *name == unit) {
        return Ok(*scale);
    }
    let near = match unit {
        "" => None,
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "hour" | "hours" => Some("h"),
        "day" | "days" => Some("d"),
        "msec" | "millis" | "millisecond" | "milliseconds" => Some("ms"),
        "usec" | "µs" | "microsecond" | "microseconds" => Some("us"),
        other => units.iter().map(|(name, _)| *name).find(|name| name.eq_ignore_ascii_case(other)),
    };
    let why = if unit.is_empty() {
        format!("the unit is missing: one of {all}")
    } else {
        format!("`{unit}` is no unit here: one of {all}")
    };
    Err(UnitError { why, suggest: near.map(|unit| format!("{number}{unit}")) })
}

/// `number` × `scale` when that is a whole number that fits. `number` is digits with at most one point.
fn scaled(number: &str, scale: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut total: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    total = total.checked_mul(scale)?;
    let mut step = scale;
    for digit in fraction.chars() {
        let digit = i64::from(digit.to_digit(10)?);
        if digit != 0 && step % 10 != 0 {
            // A binary unit (1.5GiB) has no exact tenth: take the value when the product is whole.
            let value: f64 = number.parse().ok()?;
            let product = value * scale as f64;
            return (product.fract() == 0.0 && product < i64::MAX as f64).then_some(product as i64);
        }
        step /= 10;
        total = total.checked_add(digit.checked_mul(step)?)?;
    }
    Some(total)
}

/// Writes nanoseconds the way `parse_duration` reads them: in the largest unit that is whole.
pub struct DurationText(pub i64);

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let (unit, scale) =
            DURATIONS.iter().rev().find(|(_, scale)| self.0 % scale == 0).unwrap_or(&("ns", 1));
        write!(f, "{}{unit}", self.0 / scale)
    }
}

/// Writes bytes for people: `1.5 MiB`.
pub struct SizeText(pub u64);

impl fmt::Display for SizeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"];
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < units.len() {
            value /= 1024.0;
            unit += 1;
        }
        if unit == 0 { write!(f, "{} B", self.0) } else { write!(f, "{value:.1} {}", units[unit]) }
    }
}

/// A number as people read it: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `3 errors`, `1 error`, `no errors`.
pub fn number_of(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        more => format!("{} {what}s", count(more as u64)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_things_are_words() {
        let numbers = [0, 1, 2, 1_000].map(|number| number_of(number, "error"));
        assert_eq!(numbers, ["no errors", "1 error", "2 errors", "1,000 errors"]);
    }

    #[test]
    fn quantities_read_as_people_write_them() {
        assert_eq!(parse_duration("20ms"), Ok(20_000_000));
        assert_eq!(parse_duration("1h30m"), Ok(5_400_000_000_000));
        assert_eq!(parse_duration("1.5s"), Ok(1_500_000_000));
        assert_eq!(parse_duration("0"), Ok(0));
        assert_eq!(parse_size("64MiB"), Ok(64 << 20));
        assert_eq!(parse_size("1.5GiB"), Ok(3 << 29));
        assert_eq!(parse_rate("30fps"), Ok(30.0));
        assert_eq!(parse_rate("90/m"), Ok(1.5));
        assert_eq!(parse_share("10%"), Ok(0.1));
        assert_eq!(parse_share("99.9%"), Ok(0.999));
        assert_eq!(parse_level("-60dB"), Ok(-60.0));
    }

    #[test]
    fn a_wrong_unit_comes_with_the_right_one() {
        assert_eq!(parse_duration("5min").unwrap_err().suggest.as_deref(), Some("5m"));
        assert_eq!(parse_duration("5").unwrap_err().suggest, None);
        assert_eq!(parse_size("64mib").unwrap_err().suggest.as_deref(), Some("64MiB"));
        assert_eq!(parse_rate("30").unwrap_err().suggest.as_deref(), Some("30/s"));
        assert_eq!(parse_share("10").unwrap_err().suggest.as_deref(), Some("10%"));
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "-5s", "99999999d", "0.1ns", ".s", "1..5s", "1.2.3s", "5", "s", "1s 5m", "1e3s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for text in ["", "1.5B", "-1KiB", "1e9B", "9000000TiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert!(parse_rate(&format!("{}/s", "9".repeat(400))).is_err() && parse_rate("0/s").is_err());
        assert!(parse_share("101%").is_err() && parse_share("-1%").is_err() && parse_share("%").is_err());
        assert!(parse_level("infdB").is_err() && parse_level("NaNdB").is_err() && parse_level("dB").is_err());
    }

    fn any_quantity() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[-+0-9.]{0,6} ?(ns|us|ms|s|m|h|d|B|kB|MiB|TiB|fps|/s|%|dB|é){0,2}[0-9a-zA-Z. ]{0,4}",
            "[0-9]{1,40}(\\.[0-9]{1,40})?(d|TiB|/d|%|dB)",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused(text in any_quantity()) {
            prop_assert!(parse_duration(&text).is_ok_and(|nanos| nanos >= 0) || parse_duration(&text).is_err());
            let _ = parse_size(&text);
            prop_assert!(parse_rate(&text).is_ok_and(|rate| rate.is_finite() && rate > 0.0) || parse_rate(&text).is_err());
            prop_assert!(parse_share(&text).is_ok_and(|share| (0.0..=1.0).contains(&share)) || parse_share(&text).is_err());
            prop_assert!(parse_level(&text).is_ok_and(f64::is_finite) || parse_level(&text).is_err());
        }

        #[test]
        fn a_duration_reads_back_as_it_is_written(nanos in 0..=i64::MAX, whole in 0..7usize) {
            let nanos = nanos / DURATIONS[whole].1 * DURATIONS[whole].1;
            prop_assert_eq!(parse_duration(&DurationText(nanos).to_string()), Ok(nanos));
        }
    }

    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 12, 999, 1_000, 123_456, 1_234_567].map(count);
        assert_eq!(texts, ["0", "12", "999", "1,000", "123,456", "1,234,567"]);
    }

    #[test]
    fn durations_are_written_in_the_largest_whole_unit() {
        for (nanos, text) in
            [(0, "0s"), (86_400_000_000_000, "1d"), (90_000_000_000, "90s"), (1_500_000, "1500us")]
        {
            assert_eq!(DurationText(nanos).to_string(), text);
        }
    }
}

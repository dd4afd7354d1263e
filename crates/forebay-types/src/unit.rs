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
    scaled(number, scale).map(|bytes| bytes as u64).ok_or_else(|| error("a size is a whole number of bytes"))
}

/// Events per second of `30fps`, `2/s`, `90/m`, `5000/h`.
pub fn parse_rate(text: &str) -> Result<f64, UnitError> {
    let (number, unit) = split_number(text)?;
    let value: f64 = number.parse().map_err(|_| error("the number does not read"))?;
    let per_second = match unit {
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
    number.trim().parse().map_err(|_| error("the number before dB does not read"))
}

fn split_number(text: &str) -> Result<(&str, &str), UnitError> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    if end == 0 {
        let why = if text.starts_with('-') { "it cannot be negative" } else { "it begins with a number" };
        return Err(error(why));
    }
    Ok((&text[..end], text[end..].trim_start()))
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

/// `number` × `scale` when that is a whole number that fits.
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(parse_duration("-5s").is_err() && parse_duration("99999999d").is_err());
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

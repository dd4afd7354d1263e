//! What a text without quotes is: to YAML 1.2 (its core schema), and to YAML 1.1 as kubectl and its kin read
//! it. Where the two differ the file would mean two things.

/// What YAML 1.2 makes of a text without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
    Number,
    Text,
    /// Something else to YAML 1.1; that has been reported, so the value counts for nothing.
    Unclear,
}

pub(crate) fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Plain::Null,
        "true" | "True" | "TRUE" => Plain::Bool(true),
        "false" | "False" | "FALSE" => Plain::Bool(false),
        _ if is_number(text) => Plain::Number,
        _ => Plain::Text,
    }
}

fn is_number(text: &str) -> bool {
    let all = |digits: &str, ok: fn(&char) -> bool| !digits.is_empty() && digits.chars().all(|c| ok(&c));
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, char::is_ascii_hexdigit);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |c| ('0'..='7').contains(c));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if !all(digits, char::is_ascii_digit) {
            return false;
        }
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// What YAML 1.1 makes of a text without quotes when that is something else than YAML 1.2 does: in words, and
/// how one would write it so that both agree.
pub(crate) fn differs(text: &str) -> Option<(&'static str, Option<String>)> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return Some(("`true`", Some("true".into())));
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Some(("`false`", Some("false".into())));
        }
        _ => {}
    }
    let first = text.as_bytes().first().copied()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { "-" } else { "" };
    if is_date(text) {
        return Some(("a date", None));
    }
    if unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let digits = unsigned.trim_start_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        return Some(("a number in base 8", Some(format!("{sign}{digits}"))));
    }
    if let Some(digits) = unsigned.strip_prefix("0b") {
        let value = u64::from_str_radix(&digits.replace('_', ""), 2).ok()?;
        return Some(("a number in base 2", Some(format!("{sign}{value}"))));
    }
    if let Some(digits) = unsigned.strip_prefix("0o") {
        let value = u64::from_str_radix(digits, 8).ok()?;
        return Some(("a text", Some(format!("{sign}{value}"))));
    }
    if is_base_60(unsigned) {
        return Some(("a number in base 60", None));
    }
    if unsigned.contains('_') {
        let without = text.replace('_', "");
        return is_number(&without).then_some(("a number", Some(without)));
    }
    None
}

/// `1:30`, `12:30:45.5`.
fn is_base_60(text: &str) -> bool {
    let mut parts = text.split(':');
    let head = parts.next().unwrap_or("");
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut rest = 0;
    for part in parts {
        let whole = part.split('.').next().unwrap_or("");
        let fraction = part.get(whole.len() + 1..).unwrap_or("0");
        if !digits(whole)
            || whole.len() > 2
            || whole.as_bytes()[0] > b'5' && whole.len() == 2
            || !digits(fraction)
        {
            return false;
        }
        rest += 1;
    }
    digits(head) && rest > 0
}

/// `2026-01-31`, `2026-01-31T12:00:00Z`, `2026-1-31 12:00:00`.
fn is_date(text: &str) -> bool {
    let date_end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let mut parts = text[..date_end].split('-');
    let ok = |part: Option<&str>, from: usize, to: usize| {
        part.is_some_and(|p| (from..=to).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    let date =
        ok(parts.next(), 4, 4) && ok(parts.next(), 1, 2) && ok(parts.next(), 1, 2) && parts.next().is_none();
    date && (date_end == text.len() || is_time(text[date_end + 1..].trim_start()))
}

fn is_time(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains(':')
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'+' | b'-' | b'Z' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_1_2_reads_plain_texts_by_its_core_schema() {
        for text in ["0", "-5", "+5", "1.5", "1e3", "1.", ".5", "0x1F", "0o17", "-.inf", ".nan", "0755"] {
            assert_eq!(plain(text), Plain::Number, "{text}");
        }
        for text in [
            "NO",
            "1_000",
            "1:30",
            "20ms",
            "-",
            ".",
            "e5",
            "1e",
            "0x",
            "2026-01-31",
            "-60dB",
            "1.2.3",
            "+.nan",
        ] {
            assert_eq!(plain(text), Plain::Text, "{text}");
        }
        assert_eq!((plain("~"), plain(""), plain("True")), (Plain::Null, Plain::Null, Plain::Bool(true)));
    }

    #[test]
    fn what_yaml_1_1_reads_otherwise_is_found_with_its_cure() {
        for (text, kind, cure) in [
            ("NO", "`false`", Some("false")),
            ("y", "`true`", Some("true")),
            ("0755", "a number in base 8", Some("755")),
            ("-007", "a number in base 8", Some("-7")),
            ("0b101", "a number in base 2", Some("5")),
            ("0o17", "a text", Some("15")),
            ("1_000", "a number", Some("1000")),
            ("1_0.5", "a number", Some("10.5")),
            ("1:30", "a number in base 60", None),
            ("12:30:45.5", "a number in base 60", None),
            ("2026-01-31", "a date", None),
            ("2026-01-31T12:00:00Z", "a date", None),
            ("2026-1-3 12:00:00", "a date", None),
        ] {
            assert_eq!(differs(text), Some((kind, cure.map(String::from))), "{text}");
        }
        for text in [
            "0",
            "10",
            "true",
            "nope",
            "10:",
            "a:b",
            "1:75",
            "0.5",
            "2026-01",
            "2026-01-31 report",
            "1_a",
            "20ms",
            "-",
            "4fps",
            "0x1_g",
            "5:1x",
        ] {
            assert_eq!(differs(text), None, "{text}");
        }
    }
}

//! Numbers of YAML as values and as digits.

/// The value of a YAML integer; `None` for other numbers and for what is out of all range.
pub(crate) fn integer(text: &str) -> Option<i128> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i128::from_str_radix(digits, 16).ok();
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i128::from_str_radix(digits, 8).ok();
    }
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// The digits of a YAML number as JSON would write them; `None` for infinity and NaN.
pub(crate) fn digits(text: &str) -> Option<String> {
    if text.starts_with("0x") || text.starts_with("0o") {
        return integer(text).map(|value| value.to_string());
    }
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if number.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let (mantissa, exponent) = match number.find(['e', 'E']) {
        Some(at) => number.split_at(at),
        None => (number, ""),
    };
    let mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => format!("0.{fraction}"),
        Some((whole, "")) => whole.to_string(),
        _ => mantissa.to_string(),
    };
    Some(format!("{sign}{mantissa}{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_digits_that_json_writes() {
        for (text, expect) in [
            ("1.50", Some("1.50")),
            ("+5", Some("5")),
            ("-.5", Some("-0.5")),
            ("1.", Some("1")),
            ("1.e3", Some("1e3")),
            ("0x1F", Some("31")),
            ("-.inf", None),
            (".nan", None),
        ] {
            assert_eq!(digits(text).as_deref(), expect, "{text}");
        }
        assert_eq!((integer("-7"), integer("0o17"), integer("1.5")), (Some(-7), Some(15), None));
    }
}

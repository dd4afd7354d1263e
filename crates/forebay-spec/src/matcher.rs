//! Values that a test expects without saying them whole: `any`, `{ min, max }` (both included) and `{ like, wer }` (words,
//! with a share of errors). Here is what a matcher may say of a column, and how its bounds compare; whether a value meets it
//! is for who runs the test.

use std::cmp::Ordering;

use forebay_types::unit::{parse_duration, parse_share};
use forebay_types::value::Entry;
use forebay_types::{Node, TimeForm, Ty, Value};

use crate::literal;

const NAMES: [&str; 4] = ["like", "wer", "min", "max"];

/// For whoever wrote one that means nothing.
pub const HELP: &str = "matchers are any, { min, max } and { like, wer }, such as { min: 0.5 }";

/// Whether a map that is expected of a value of this type is a matcher, and not the value.
pub fn is_matcher(fields: &[Entry], ty: &Ty) -> bool {
    has_matchers(ty) || (*ty == Ty::Unknown && fields.iter().all(|field| NAMES.contains(&field.key.as_str())))
}

fn has_matchers(ty: &Ty) -> bool {
    !matches!(ty.inner(), Ty::Struct(_) | Ty::Zones | Ty::Unknown)
}

/// Why what is expected of a value of this type could be met by nothing, or by anything, whatever comes. `None` also for
/// what is no matcher.
pub fn mistake(expected: &Node, ty: &Ty) -> Option<String> {
    let ty = ty.inner();
    let Value::Map(fields) = &expected.value else { return None };
    if !has_matchers(ty) {
        return None;
    }
    if let Some(other) = fields.iter().find(|field| !NAMES.contains(&field.key.as_str())) {
        return Some(format!("there is no matcher `{}`: write like, wer, min or max", other.key));
    }
    let compares = |name| bound(fields, name).is_none_or(|bound| compare(bound, bound, ty).is_some());
    if let Some(bound) = ["min", "max"].into_iter().find(|name| !compares(name)) {
        return Some(format!("`{bound}` does not compare with a {ty}"));
    }
    match (bound(fields, "like"), bound(fields, "wer")) {
        (None, None) if fields.is_empty() => Some("a matcher says like, min or max".into()),
        (None, Some(_)) => {
            Some("`wer` is the share of words in which `like` may differ: write `like` too".into())
        }
        (Some(_), _) if *ty != Ty::String => Some(format!("`like` compares words, and this is a {ty}")),
        (Some(like), _) if like.text().is_none() => Some("`like` is a text".into()),
        (Some(_), Some(wer)) if share(wer).is_none() => Some("`wer` is a share, such as 10%".into()),
        _ => None,
    }
}

/// What a matcher says under one of its names.
pub fn bound<'f>(fields: &'f [Entry], name: &str) -> Option<&'f Node> {
    fields.iter().find(|field| field.key == name).map(|field| &field.node)
}

/// The share of words that may differ.
pub fn share(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(text) => parse_share(text).ok(),
        Value::Text(text) => parse_share(&text.text).ok(),
        _ => None,
    }
}

/// How two values of a column compare, in whatever form times are written; `None` where they do not.
pub fn compare(a: &Node, b: &Node, ty: &Ty) -> Option<Ordering> {
    match ty {
        Ty::Timestamp(form) => Some(moment(a, *form)?.cmp(&moment(b, *form)?)),
        Ty::Duration => Some(span(a)?.cmp(&span(b)?)),
        _ => match (&a.value, &b.value) {
            (Value::Number(a), Value::Number(b)) if ty.is_float() => {
                a.parse::<f64>().ok()?.partial_cmp(&b.parse().ok()?)
            }
            (Value::Number(a), Value::Number(b)) if ty.is_number() || *ty == Ty::Unknown => {
                compare_digits(a, b)
            }
            (Value::Text(a), Value::Text(b)) if matches!(ty, Ty::String | Ty::Date | Ty::Unknown) => {
                Some(a.text.cmp(&b.text))
            }
            _ => None,
        },
    }
}

/// How two numbers compare by their digits, whatever their size; `None` where one is not written in decimal digits.
pub fn compare_digits(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Digits::of(a)?, Digits::of(b)?);
    Some(match (a.negative, b.negative) {
        (false, false) => a.size().cmp(&b.size()),
        (true, true) => b.size().cmp(&a.size()),
        (a, b) => b.cmp(&a),
    })
}

/// The number 0.`digits` × 10^`point`; neither the first nor the last digit is a zero, and 0 has none.
struct Digits {
    negative: bool,
    point: i64,
    digits: String,
}

impl Digits {
    fn of(text: &str) -> Option<Digits> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let kept = all.trim_start_matches('0');
        let zeros = (all.len() - kept.len()) as i64;
        let point = exponent.parse::<i64>().ok()?.checked_add(whole.len() as i64 - zeros)?;
        let digits = kept.trim_end_matches('0').to_string();
        Some(Digits { negative: text.starts_with('-') && !digits.is_empty(), point, digits })
    }

    /// Sizes compare as their numbers without a sign do.
    fn size(&self) -> (bool, i64, &str) {
        (!self.digits.is_empty(), if self.digits.is_empty() { 0 } else { self.point }, &self.digits)
    }
}

/// Nanoseconds since 1970. Where RFC 3339 is declared, a number is one of milliseconds.
fn moment(node: &Node, form: TimeForm) -> Option<i64> {
    match (&node.value, form) {
        (Value::Number(_), TimeForm::Rfc3339) => time(node).ok(),
        (Value::Number(digits), form) => {
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let places = form.nanos().ilog10() as usize;
            let fraction = format!("{fraction:0<places$}");
            format!("{whole}{}", fraction.get(..places)?).parse().ok()
        }
        (Value::Text(text), _) => instant(&text.text),
        _ => None,
    }
}

fn span(node: &Node) -> Option<i64> {
    let text = &node.text()?.text;
    match text.strip_prefix('-') {
        Some(text) => parse_duration(text).ok().map(|nanos| -nanos),
        None => parse_duration(text).ok(),
    }
}

/// A time as a test writes it: a number of milliseconds since 1970, a text in RFC 3339, or a duration (`10.0s`) for time
/// that starts at 0.
pub fn time(node: &Node) -> Result<i64, String> {
    let why =
        || "a time is a number of milliseconds, a text in RFC 3339 or a duration such as `10.0s`".to_string();
    match &node.value {
        Value::Number(digits) => {
            let millis = digits.parse::<i64>().ok().and_then(|millis| millis.checked_mul(1_000_000));
            millis.ok_or_else(why)
        }
        Value::Text(text) => instant(&text.text).ok_or_else(why),
        _ => Err(why()),
    }
}

/// RFC 3339, or a duration since 0.
fn instant(text: &str) -> Option<i64> {
    literal::time(text).or_else(|| parse_duration(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use forebay_types::Span;
    use forebay_types::value::Text;

    fn node(value: Value) -> Node {
        Node { value, span: Span::NONE }
    }

    fn text(text: &str) -> Node {
        node(Value::Text(Text { text: text.into(), verbatim: None }))
    }

    fn number(digits: &str) -> Node {
        node(Value::Number(digits.into()))
    }

    #[test]
    fn a_matcher_that_means_nothing_says_why() {
        let check = |ty: &str, fields: &[(&str, Node)], expect: Option<&str>| {
            let entry = |(key, node): &(&str, Node)| Entry {
                key: key.to_string(),
                key_span: Span::NONE,
                node: node.clone(),
            };
            let expected = node(Value::Map(fields.iter().map(entry).collect()));
            let got = mistake(&expected, &Ty::parse(ty).unwrap());
            assert_eq!(got.as_deref(), expect, "{fields:?} of a {ty}");
        };
        check("f64", &[("min", number("0.5")), ("max", number("1"))], None);
        check("optional(decimal(2))", &[("min", number("0.555"))], None);
        check("f64", &[("min", text("high"))], Some("`min` does not compare with a f64"));
        check("bool", &[("max", node(Value::Bool(true)))], Some("`max` does not compare with a bool"));
        check("timestamp(ms)", &[("min", text("10.0s")), ("max", text("2026-01-01T00:00:00Z"))], None);
        check("timestamp", &[("min", text("soon"))], Some("`min` does not compare with a timestamp"));
        check("duration", &[("max", text("1s"))], None);
        check("f64", &[], Some("a matcher says like, min or max"));
        check("f64", &[("mim", number("1"))], Some("there is no matcher `mim`: write like, wer, min or max"));
        check("string", &[("like", text("a b")), ("wer", text("10%"))], None);
        check(
            "string",
            &[("like", text("a b")), ("wer", text("much"))],
            Some("`wer` is a share, such as 10%"),
        );
        check("i64", &[("like", text("a b"))], Some("`like` compares words, and this is a i64"));
        check("string", &[("like", number("1"))], Some("`like` is a text"));
        check(
            "string",
            &[("wer", text("10%"))],
            Some("`wer` is the share of words in which `like` may differ: write `like` too"),
        );
    }

    #[test]
    fn numbers_that_are_no_floats_compare_by_all_their_digits() {
        let check = |a: &str, expect: Option<Ordering>, b: &str| {
            assert_eq!(compare_digits(a, b), expect, "{a} and {b}");
            assert_eq!(compare_digits(b, a), expect.map(Ordering::reverse), "{b} and {a}");
        };
        check("9007199254740992", Some(Ordering::Less), "9007199254740993");
        check("18446744073709551615", Some(Ordering::Greater), "18446744073709551614");
        check("-9007199254740993", Some(Ordering::Less), "-9007199254740992");
        check("0.10", Some(Ordering::Less), "0.100000000000000001");
        check("12.50", Some(Ordering::Equal), "+0012.5");
        check("-0.00", Some(Ordering::Equal), "0");
        check("0", Some(Ordering::Less), "0.001");
        check("-0.001", Some(Ordering::Less), "0");
        check("9", Some(Ordering::Less), "10");
        check("-1", Some(Ordering::Less), "1");
        check("1.5e3", Some(Ordering::Equal), "1500");
        check("15E-1", Some(Ordering::Greater), "1.4999");
        check("1", None, "nan");
        check("1", None, "-");
        check("1", None, "1e99999999999999999999");
    }

    proptest::proptest! {
        #[test]
        fn digits_compare_as_the_numbers_do(a: i32, b: i32, shift in 0u32..10) {
            let text = |value: i32| {
                let power = 10i64.pow(shift);
                let value = i64::from(value);
                let sign = if value < 0 { "-" } else { "" };
                format!("{sign}{}.{:0width$}", (value / power).abs(), (value % power).abs(), width = shift as usize)
            };
            proptest::prop_assert_eq!(compare_digits(&text(a), &text(b)), Some(a.cmp(&b)));
        }
    }

    #[test]
    fn times_are_written_in_three_ways() {
        assert_eq!(time(&number("1500")), Ok(1_500_000_000));
        assert_eq!(time(&text("1970-01-01T00:00:02Z")), Ok(2_000_000_000));
        assert_eq!(time(&text("10.0s")), Ok(10_000_000_000));
        assert!(time(&text("soon")).is_err() && time(&node(Value::Null)).is_err());
    }
}

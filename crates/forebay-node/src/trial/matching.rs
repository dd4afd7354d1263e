//! Whether a value that came is the one that was expected.
//!
//! Exact types are compared by value (`12.5` is 12.50), floats to the digits that were written (0.29 is what rounds to
//! 0.29), times as moments in whatever form. `null` is null and not missing. What a matcher may say is the spec's to know.

use std::cmp::Ordering;

use forebay_spec::matcher::{self, compare, compare_digits, is_matcher};
use forebay_types::value::Entry;
use forebay_types::{Node, Ty, Value};

use super::data;

pub(super) fn matches(expected: &Node, got: Option<&Node>, ty: &Ty) -> bool {
    let Some(got) = got else { return false };
    let ty = ty.inner();
    match (&expected.value, &got.value) {
        (Value::Null, value) => *value == Value::Null,
        (_, Value::Null) => false,
        (Value::Text(word), _) if word.text == "any" => true,
        (Value::Map(fields), _) if is_matcher(fields, ty) => satisfies(fields, got, ty),
        _ => equal(expected, got, ty),
    }
}

/// The share of words in which a text differs from the `like` of a matcher.
pub(super) fn word_errors_of(expected: &Node, got: &Node) -> Option<f64> {
    let Value::Map(fields) = &expected.value else { return None };
    let like = fields.iter().find(|field| field.key == "like")?;
    Some(word_errors(&like.node.text()?.text, &got.text()?.text))
}

fn satisfies(fields: &[Entry], got: &Node, ty: &Ty) -> bool {
    let field = |name: &str| matcher::bound(fields, name);
    let bound = |name: &str, wrong: Ordering| {
        field(name).is_none_or(|bound| compare(got, bound, ty).is_some_and(|order| order != wrong))
    };
    let is_like = |like: &Node| {
        let (Some(like), Some(got)) = (like.text(), got.text()) else { return false };
        let allowed = field("wer").and_then(matcher::share).unwrap_or(0.0);
        word_errors(&like.text, &got.text) <= allowed
    };
    bound("min", Ordering::Less) && bound("max", Ordering::Greater) && field("like").is_none_or(is_like)
}

fn equal(expected: &Node, got: &Node, ty: &Ty) -> bool {
    match (&expected.value, &got.value) {
        _ if matches!(ty, Ty::Timestamp(_) | Ty::Duration) => {
            compare(expected, got, ty) == Some(Ordering::Equal)
        }
        (Value::Number(expected), Value::Number(got)) if ty.is_float() => rounds_to(got, expected),
        (Value::Number(expected), Value::Number(got)) => {
            compare_digits(expected, got) == Some(Ordering::Equal)
        }
        (Value::Bool(expected), Value::Bool(got)) => expected == got,
        (Value::Text(expected), Value::Text(got)) => expected.text == got.text,
        (Value::List(expected), Value::List(got)) => {
            let item = if let Ty::List(item) = ty { item } else { &Ty::Unknown };
            expected.len() == got.len() && expected.iter().zip(got).all(|(e, g)| matches(e, Some(g), item))
        }
        (Value::Map(fields), Value::Map(_)) => fields.iter().all(|field| {
            let ty = match ty {
                Ty::Struct(types) => types.iter().find(|(name, _)| *name == field.key).map(|(_, ty)| ty),
                _ => None,
            };
            matches(&field.node, data::find(got, &field.key), ty.unwrap_or(&Ty::Unknown))
        }),
        _ => false,
    }
}

/// Whether a float is the written number, to the digits that were written.
fn rounds_to(got: &str, written: &str) -> bool {
    let (Ok(value), Ok(wanted)) = (got.parse::<f64>(), written.parse::<f64>()) else { return false };
    let mantissa = written.split(['e', 'E']).next().unwrap_or(written);
    let digits = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let rounded = match mantissa.len() < written.len() {
        true => format!("{value:.digits$e}"),
        false => format!("{value:.digits$}"),
    };
    rounded.parse() == Ok(wanted)
}

/// Words that have to be changed, added or left out to make the one text from the other, as a share of its words. Case
/// and punctuation do not count.
fn word_errors(reference: &str, got: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        let split = text.split(|c: char| !(c.is_alphanumeric() || c == '\''));
        split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (reference, got) = (words(reference), words(got));
    let mut row: Vec<usize> = (0..=got.len()).collect();
    for (at, word) in reference.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in got.iter().enumerate() {
            let changed = diagonal + usize::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[got.len()] as f64 / reference.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected and got are JSON; `-` is missing.
    fn check(ty: &str, expected: &str, fits: &[&str], fits_not: &[&str]) {
        let ty = Ty::parse(ty).unwrap();
        let expected_node = data::read_json(expected).unwrap();
        let is_met = |got: &str| {
            let got = (got != "-").then(|| data::read_json(got).unwrap());
            matches(&expected_node, got.as_ref(), &ty)
        };
        fits.iter().for_each(|got| assert!(is_met(got), "{got} as {expected} of {ty}"));
        fits_not.iter().for_each(|got| assert!(!is_met(got), "{got} is not {expected} of {ty}"));
    }

    #[test]
    fn numbers_compare_to_the_digits_written() {
        check("decimal(2)", "12.5", &["12.50", "12.5"], &["12.51", "-12.50", "null", "-"]);
        check("i64", "5", &["5"], &["6", "-5"]);
        check("i64", "-0", &["0"], &["1"]);
        check("u64", "18446744073709551615", &["18446744073709551615"], &["18446744073709551614"]);
        check("f64", "0.29", &["0.29", "0.2949", "0.2851", "2.9e-1"], &["0.3", "0.284", "0.2951"]);
        check("f32", "1", &["1.0", "0.7"], &["1.6"]);
        check("f64", "1e-7", &["1e-7", "0.00000012"], &["2e-7"]);
        check("f64", "1.0", &["1.04"], &["1.06"]);
    }

    #[test]
    fn null_is_not_missing_and_texts_are_exact() {
        check("optional(string)", "null", &["null"], &["-", "\"null\""]);
        check("string", "\"a\"", &["\"a\""], &["\"A\"", "null", "-"]);
        check("bool", "true", &["true"], &["false"]);
        check("date", "\"2026-01-01\"", &["\"2026-01-01\""], &["\"2026-01-02\""]);
    }

    #[test]
    fn times_are_moments() {
        let day = "\"2026-01-01T00:00:00Z\"";
        check("timestamp", day, &[day, "\"2026-01-01T01:00:00+01:00\""], &["\"2026-01-01T00:00:01Z\""]);
        check("timestamp", "1500", &["\"1970-01-01T00:00:01.5Z\""], &["\"1970-01-01T00:00:01Z\""]);
        check("timestamp(ms)", "1500", &["1500"], &["1501", "1500.5"]);
        check("timestamp(ms)", "\"1.5s\"", &["1500"], &["1000"]);
        check("duration", "\"90s\"", &["\"1m30s\"", "\"90s\""], &["\"-90s\"", "\"91s\""]);
    }

    #[test]
    fn inside_lists_and_structs_the_same_holds() {
        check(
            "list(f64)",
            "[0.5, 1.0]",
            &["[0.51, 1.04]".replace("0.51", "0.54").as_str()],
            &["[0.5]", "[1.0, 0.5]"],
        );
        let ty = Ty::Struct(vec![("a".into(), Ty::F64), ("b".into(), Ty::String)]);
        let expected = data::read_json(r#"{"a":0.5}"#).unwrap();
        let is_met = |text| matches(&expected, Some(&data::read_json(text).unwrap()), &ty);
        assert!(is_met(r#"{"a":0.52,"b":"x"}"#));
        assert!(!is_met(r#"{"a":0.6,"b":"x"}"#));
    }

    #[test]
    fn matchers_say_what_will_do() {
        check("string", "\"any\"", &["\"a\"", "\"any\""], &["null", "-"]);
        check("f64", r#"{"min":0.5,"max":1}"#, &["0.5", "0.7", "1.0"], &["0.49", "1.01", "null", "-"]);
        check("decimal(2)", r#"{"min":0.5}"#, &["0.50", "100.00"], &["0.49"]);
        check("u64", r#"{"max":9007199254740992}"#, &["9007199254740992"], &["9007199254740993"]);
        check("decimal(2)", r#"{"min":90071992547409.92}"#, &["90071992547409.92"], &["90071992547409.91"]);
        check("duration", r#"{"max":"1s"}"#, &["\"900ms\"", "\"1s\""], &["\"2s\""]);
        let like = r#"{"like":"Ask not what your country","wer":"20%"}"#;
        check(
            "string",
            like,
            &["\"ask not, what your country!\"", "\"ask not what your county\""],
            &["\"ask what your county\""],
        );
        check("string", r#"{"like":"a b"}"#, &["\"A, b\""], &["\"a\"", "\"a b c\""]);
    }
}

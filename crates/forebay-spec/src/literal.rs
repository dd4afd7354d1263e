//! Whether data as written in a file is a value of a column type.

use crate::read::integer;
use forebay_types::value::Entry;
use forebay_types::{Node, TimeForm, Ty, Value, unit};

/// `Err` says why not, as the end of a sentence.
pub fn fits(node: &Node, ty: &Ty) -> Result<(), String> {
    match (ty, &node.value) {
        (Ty::Unknown, _) | (Ty::Bool, Value::Bool(_)) | (Ty::Optional(_), Value::Null) => Ok(()),
        (Ty::Optional(inner), _) => fits(node, inner),
        (Ty::String | Ty::Bytes, Value::Text(_)) => Ok(()),
        (Ty::F32 | Ty::F64, Value::Number(digits)) => float(digits, *ty == Ty::F32),
        (Ty::Decimal(scale), Value::Number(digits)) => decimal(digits, *scale),
        (ty, Value::Number(digits)) if ty.is_integer() => whole(digits, ty),
        (Ty::Timestamp(form), Value::Number(digits)) if form.nanos() != 1 || *form == TimeForm::Nanos => {
            let nanos = integer(digits).and_then(|value| value.checked_mul(form.nanos().into()));
            nanos
                .filter(|n| i64::try_from(*n).is_ok())
                .map(drop)
                .ok_or("it is outside of the years 1677 to 2262".into())
        }
        (Ty::Timestamp(TimeForm::Rfc3339), Value::Text(text)) => time(&text.text)
            .map(drop)
            .ok_or("it is no time in RFC 3339 with a zone, from 1677 to 2262".into()),
        (Ty::Date, Value::Text(text)) => {
            if is_date(&text.text) {
                Ok(())
            } else {
                Err("it is no date (YYYY-MM-DD)".into())
            }
        }
        (Ty::Duration, Value::Text(text)) => {
            unit::parse_duration(&text.text).map(drop).map_err(|error| error.why)
        }
        (Ty::Zones, Value::Map(entries)) if is_zone_map(entries) => Ok(()),
        (Ty::List(item), Value::List(items)) => items.iter().try_for_each(|node| fits(node, item)),
        (Ty::Struct(fields), Value::Map(entries)) => structure(fields, entries),
        (_, Value::Null) => Err("it is null; only an `optional(…)` may be".into()),
        (_, value) => Err(format!("it is {}", noun(value))),
    }
}

fn whole(digits: &str, ty: &Ty) -> Result<(), String> {
    let value = integer(digits).ok_or("it is no whole number")?;
    match ty.integer_range() {
        Some((min, max)) if !(min..=max).contains(&value) => Err(format!("it goes from {min} to {max}")),
        _ => Ok(()),
    }
}

fn decimal(digits: &str, scale: u8) -> Result<(), String> {
    if digits.contains(['e', 'E']) {
        return Err("write its digits without an exponent".into());
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let missing = usize::from(scale).checked_sub(fraction.len());
    let missing = missing.ok_or_else(|| format!("it has more than {scale} digits after the point"))?;
    let unscaled = format!("{whole}{fraction}{}", "0".repeat(missing));
    unscaled
        .parse::<i64>()
        .map(drop)
        .map_err(|_| "it is too large: without its point it has to fit 64 bits".into())
}

fn float(digits: &str, single: bool) -> Result<(), String> {
    let fits = match single {
        true => digits.parse().is_ok_and(f32::is_finite),
        false => digits.parse().is_ok_and(f64::is_finite),
    };
    if fits { Ok(()) } else { Err("it is too large".into()) }
}

/// Nanoseconds since 1970 of a time as RFC 3339 writes it.
pub(crate) fn time(text: &str) -> Option<i64> {
    i64::try_from(text.parse::<jiff::Timestamp>().ok()?.as_nanosecond()).ok()
}

/// Whether a text is a day as `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn structure(fields: &[(String, Ty)], entries: &[Entry]) -> Result<(), String> {
    for (name, ty) in fields {
        match entries.iter().find(|entry| entry.key == *name) {
            Some(entry) => fits(&entry.node, ty).map_err(|why| format!("`{name}`: {why}"))?,
            None if ty.is_optional() => {}
            None => return Err(format!("`{name}` is missing")),
        }
    }
    match entries.iter().find(|entry| !fields.iter().any(|(name, _)| *name == entry.key)) {
        Some(entry) => Err(format!("there is no field `{}`", entry.key)),
        None => Ok(()),
    }
}

/// Names with polygons: lists of at least three points, each two shares of the picture.
fn is_zone_map(entries: &[Entry]) -> bool {
    let share = |node: &Node| matches!(&node.value, Value::Number(text) if text.parse().is_ok_and(|v: f64| (0.0..=1.0).contains(&v)));
    let point = |node: &Node| matches!(&node.value, Value::List(xy) if xy.len() == 2 && xy.iter().all(share));
    let zone = |node: &Node| matches!(&node.value, Value::List(points) if points.len() >= 3 && points.iter().all(point));
    entries.iter().all(|entry| zone(&entry.node))
}

fn noun(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forebay_types::value::Text;
    use forebay_types::{Report, Span};

    fn check(text: &str, ty: &str, expect: &str) {
        let mut report = Report::default();
        let tree = crate::yaml::parse_value(text, Span::NONE.file, 0, &mut report).unwrap();
        let mut files = forebay_types::Files::default();
        let mut reader = crate::read::Reader::new(&mut files, &mut report, &crate::read::Anything);
        let at = crate::read::At::named("x", Span::NONE);
        let node = reader.read(&forebay_types::shape::Shape::Any, &tree, at).unwrap();
        let got = match fits(&node, &Ty::parse(ty).unwrap()) {
            Ok(()) => "fits".to_string(),
            Err(why) => why,
        };
        assert_eq!(got, expect, "{text} as {ty}");
    }

    #[test]
    fn literals_fit_the_types_that_can_hold_them() {
        check("5", "i8", "fits");
        check("300", "u8", "it goes from 0 to 255");
        check("1.5", "i64", "it is no whole number");
        check("1.50", "decimal(1)", "fits");
        check("1.55", "decimal(1)", "it has more than 1 digits after the point");
        check("92233720368547758.07", "decimal(2)", "fits");
        check("-92233720368547758.08", "decimal(2)", "fits");
        check(
            "92233720368547758.08",
            "decimal(2)",
            "it is too large: without its point it has to fit 64 bits",
        );
        check("-9.2", "decimal(18)", "fits");
        check("0.0", "decimal(0)", "fits");
        check("1e3", "decimal(0)", "write its digits without an exponent");
        check("1e308", "f64", "fits");
        check("1e308", "f32", "it is too large");
        check("1e309", "f64", "it is too large");
        check("a", "i64", "it is a text");
        check("\"5\"", "string", "fits");
        check("null", "optional(i64)", "fits");
        check("null", "i64", "it is null; only an `optional(…)` may be");
        check("1767225600000", "timestamp(ms)", "fits");
        check("\"2026-01-31T00:00:00Z\"", "timestamp", "fits");
        check("1767225600000000000000", "timestamp(s)", "it is outside of the years 1677 to 2262");
        check(
            "\"2300-01-31T00:00:00Z\"",
            "timestamp",
            "it is no time in RFC 3339 with a zone, from 1677 to 2262",
        );
        check("\"2026-01-31\"", "date", "fits");
        check("\"2026-01-31T00:00:00\"", "date", "it is no date (YYYY-MM-DD)");
        check("5s", "duration", "fits");
        check("[1, x]", "list(i64)", "it is a text");
        check("{ door: [[0, 0.5], [1, 1], [0, 1]] }", "zones", "fits");
        check("{ door: 1 }", "zones", "it is a map");
    }

    #[test]
    fn a_struct_needs_its_fields() {
        let ty = Ty::Struct(vec![("a".into(), Ty::I64), ("b".into(), Ty::String.optional())]);
        let text = Value::Text(Text { text: "x".into(), verbatim: None });
        let node = Node { value: text, span: Span::NONE };
        assert!(fits(&node, &ty).is_err());
    }
}

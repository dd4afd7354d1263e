//! Data of tests in its two forms: nodes, as files of pipelines have it, and lines of JSON, as the engine reads and
//! writes it. Numbers keep their digits both ways.

use forebay_types::value::{Entry, Text};
use forebay_types::{Node, Span, Value};
use jiter::{Jiter, JiterError, Peek};

pub(super) fn node(value: Value) -> Node {
    Node { value, span: Span::NONE }
}

pub(super) fn text(text: impl Into<String>) -> Node {
    node(Value::Text(Text { text: text.into(), verbatim: None }))
}

/// The columns of a record.
pub(super) fn columns(record: &Node) -> &[Entry] {
    match &record.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

pub(super) fn find<'n>(record: &'n Node, column: &str) -> Option<&'n Node> {
    columns(record).iter().find(|entry| entry.key == column).map(|entry| &entry.node)
}

/// Appends a value as JSON. What JSON has no number for becomes a text, which its column then refuses.
pub(super) fn write_json(node: &Node, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(digits) => out.push_str(&number(digits)),
        Value::Text(text) | Value::Expr(text) => out.push_str(&quoted(&text.text)),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            write_object(entries.iter().map(|entry| (entry.key.as_str(), &entry.node)), out)
        }
        other => unreachable!("{other:?} is no data"),
    }
}

pub(super) fn write_object<'n>(fields: impl Iterator<Item = (&'n str, &'n Node)>, out: &mut String) {
    out.push('{');
    for (at, (key, node)) in fields.enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        out.push_str(&quoted(key));
        out.push(':');
        write_json(node, out);
    }
    out.push('}');
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text has a JSON form")
}

/// A number of YAML as JSON writes it.
fn number(digits: &str) -> String {
    let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).map(|value| value.to_string());
    if let Some(digits) = digits.strip_prefix("0x") {
        return radix(digits, 16).unwrap_or_else(|_| quoted(digits));
    }
    if let Some(digits) = digits.strip_prefix("0o") {
        return radix(digits, 8).unwrap_or_else(|_| quoted(digits));
    }
    if digits.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return quoted(digits);
    }
    let (sign, rest) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits.trim_start_matches('+')),
    };
    let (mantissa, exponent) = rest.split_at(rest.find(['e', 'E']).unwrap_or(rest.len()));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let (whole, point) =
        (if whole.is_empty() { "0" } else { whole }, if fraction.is_empty() { "" } else { "." });
    format!("{sign}{whole}{point}{fraction}{exponent}")
}

/// Why a line is no JSON that can be read, and at which byte.
#[derive(Debug, PartialEq)]
pub(super) struct NotJson {
    pub at: usize,
    pub why: String,
}

impl From<JiterError> for NotJson {
    fn from(error: JiterError) -> NotJson {
        let why = forebay_codec::no_json(&error.error_type).1;
        // Whoever tells it says so first.
        NotJson { at: error.index, why: why.strip_prefix("this is no JSON: ").unwrap_or(why).to_string() }
    }
}

/// Lists and objects may lie this deep in each other.
const DEPTH: usize = 200;

/// A line of JSON as a node.
pub(super) fn read_json(line: &str) -> Result<Node, NotJson> {
    let mut json = Jiter::new(line.as_bytes());
    let peek = json.peek()?;
    let value = read_value(&mut json, peek, DEPTH)?;
    json.finish()?;
    Ok(value)
}

fn read_value(json: &mut Jiter<'_>, peek: Peek, depth: usize) -> Result<Node, NotJson> {
    let Some(depth) = depth.checked_sub(1) else {
        let why = format!("it is more than {DEPTH} lists and objects deep");
        return Err(NotJson { at: json.current_index(), why });
    };
    Ok(node(match peek {
        Peek::Null => {
            json.known_null()?;
            Value::Null
        }
        Peek::True | Peek::False => Value::Bool(json.known_bool(peek)?),
        Peek::String => return Ok(text(json.known_str()?)),
        Peek::Array => {
            let mut items = Vec::new();
            let mut next = json.known_array()?;
            while let Some(peek) = next {
                items.push(read_value(json, peek, depth)?);
                next = json.array_step()?;
            }
            Value::List(items)
        }
        Peek::Object => {
            let mut entries: Vec<Entry> = Vec::new();
            let mut next = json.known_object()?.map(str::to_string);
            while let Some(key) = next {
                if entries.iter().any(|entry| entry.key == key) {
                    let why = format!("`{key}` stands twice");
                    return Err(NotJson { at: json.current_index(), why });
                }
                let peek = json.peek()?;
                entries.push(Entry { key, key_span: Span::NONE, node: read_value(json, peek, depth)? });
                next = json.next_key()?.map(str::to_string);
            }
            Value::Map(entries)
        }
        _ => Value::Number(String::from_utf8_lossy(json.known_number_bytes(peek)?).into_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_with_its_digits() {
        let line = r#"{"a":12.50,"b":[null,true,"x\"y"],"c":{"d":-1e-7},"e":[],"f":{}}"#;
        let mut out = String::new();
        write_json(&read_json(line).unwrap(), &mut out);
        assert_eq!(out, line);
    }

    #[test]
    fn what_is_no_json_says_why_and_where() {
        let check = |line: &str, at: usize, part: &str| {
            let error = read_json(line).unwrap_err();
            assert!(error.at == at && error.why.contains(part), "{part}: {error:?}");
        };
        check("{\"a\":1} x", 8, "something follows");
        check("nonsense", 1, "misspelt");
        check("{\"a\":1,\"a\":2}", 11, "`a` stands twice");
        check(&"[".repeat(1 << 20), 200, "200 lists");
        check("", 0, "ends too early");
    }

    #[test]
    fn numbers_of_yaml_become_those_of_json() {
        for (yaml, json) in [
            ("+5", "5"),
            (".5", "0.5"),
            ("-.50", "-0.50"),
            ("5.", "5"),
            ("007", "7"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1E3", "1E3"),
            (".inf", "\".inf\""),
        ] {
            assert_eq!(number(yaml), json);
        }
    }
}

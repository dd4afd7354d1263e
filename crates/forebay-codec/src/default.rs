//! Defaults as JSON text: a missing field with a default is read from this text exactly as if it had stood in the
//! record, so there is one way into a column.

use forebay_types::unit::DurationText;
use forebay_types::{Node, Value};

use crate::text::write_text;

/// The JSON text of a plain value; the error names what it is instead.
pub(crate) fn json_text(value: &Value) -> Result<String, &'static str> {
    let mut out = Vec::new();
    write_value(value, &mut out)?;
    Ok(String::from_utf8(out).expect("JSON of texts is text"))
}

fn write_value(value: &Value, out: &mut Vec<u8>) -> Result<(), &'static str> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Float(value) if value.is_finite() => {
            out.extend_from_slice(zmij::Buffer::new().format_finite(*value).as_bytes());
        }
        Value::Number(digits) => out.extend_from_slice(digits.as_bytes()),
        Value::Text(text) => write_text(text.text.as_bytes(), out),
        Value::Duration(nanos) => write_text(DurationText(*nanos).to_string().as_bytes(), out),
        Value::List(items) => write_list(items, out)?,
        Value::Map(entries) => {
            out.push(b'{');
            for (at, entry) in entries.iter().enumerate() {
                comma(at, out);
                write_text(entry.key.as_bytes(), out);
                out.push(b':');
                write_value(&entry.node.value, out)?;
            }
            out.push(b'}');
        }
        _ => return Err("a default is a plain value: null, true, false, a number, a text, a list or a map"),
    }
    Ok(())
}

fn write_list(items: &[Node], out: &mut Vec<u8>) -> Result<(), &'static str> {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        comma(at, out);
        write_value(&item.value, out)?;
    }
    out.push(b']');
    Ok(())
}

fn comma(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

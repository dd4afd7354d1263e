//! The pipeline as it was understood: every default written out, and beside each value that does not stand in the
//! file where it came from. What is in error is left out. What is printed reads back as the same pipeline where it stands in
//! place of the file. Secrets are printed as `${secret:N}`, which is all that is known of them.

mod inherited;

use crate::grammar::API_VERSION;
use crate::load::Loaded;
use crate::overlay::Origin;
use crate::paths;
use crate::pipeline::Guarantee;
use crate::yaml::{Plain, differs, plain};
use forebay_types::unit::DurationText;
use forebay_types::value::Entry;
use forebay_types::{Node, Record, Span, Ty, Value};

/// What the file does not know by itself.
#[derive(Debug, Default)]
pub struct Around<'a> {
    /// The working directory, from which paths of arguments count.
    pub here: &'a str,
    /// What each sink gives, where a plan was made.
    pub guarantees: &'a [(String, Guarantee)],
}

/// The file with everything written out, as YAML.
pub fn resolved(loaded: &Loaded, around: &Around<'_>) -> String {
    let mut printer = Printer { loaded, here: around.here, out: String::new() };
    let printed = &loaded.printed;
    printer.out.push_str(&format!("apiVersion: {API_VERSION}\nkind: Pipeline\n"));
    printer.entry(
        0,
        "metadata",
        &Node { value: Value::Record(printed.metadata.clone()), span: Span::NONE },
        true,
    );
    printer.out.push_str("spec:\n");
    for entry in &inherited::filled_in(loaded, around.guarantees) {
        printer.entry(1, &entry.key, &entry.node, true);
    }
    if !printed.tests.is_empty() {
        printer.entry(
            0,
            "tests",
            &Node { value: Value::List(printed.tests.clone()), span: Span::NONE },
            true,
        );
    }
    printer.out
}

struct Printer<'a> {
    loaded: &'a Loaded,
    here: &'a str,
    out: String,
}

impl Printer<'_> {
    /// `key: value`, on lines of their own where the value is no scalar. `note`: say where it came from.
    fn entry(&mut self, depth: usize, key: &str, node: &Node, note: bool) {
        self.indent(depth);
        self.field(depth, key, node, note);
    }

    /// The same without the indentation of its first line.
    fn field(&mut self, depth: usize, key: &str, node: &Node, note: bool) {
        self.out.push_str(&text(key));
        self.out.push(':');
        if self.one_line(node, note) {
            return;
        }
        self.below(depth + 1, node, note);
    }

    /// A value that takes lines of its own, after the end of the line before.
    fn below(&mut self, depth: usize, node: &Node, note: bool) {
        if !node.span.is_none() && !matches!(node.value, Value::List(_)) {
            self.note(node.span, note);
        }
        self.out.push('\n');
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.item(depth, item)),
            value => {
                for (key, node) in fields(value) {
                    self.entry(depth, key, node, true);
                }
            }
        }
    }

    fn item(&mut self, depth: usize, node: &Node) {
        self.indent(depth);
        self.out.push('-');
        if self.one_line(node, true) {
            return;
        }
        if matches!(node.value, Value::List(_)) {
            return self.below(depth + 1, node, true);
        }
        self.out.push(' ');
        for (i, (key, node)) in fields(&node.value).into_iter().enumerate() {
            if i > 0 {
                self.indent(depth + 1);
            }
            self.field(depth + 1, key, node, true);
        }
    }

    /// Writes a value behind `key:` or `-` when it fits on the line.
    fn one_line(&mut self, node: &Node, note: bool) -> bool {
        let Some(inline) = self.inline(node) else { return false };
        self.out.push(' ');
        self.out.push_str(&inline);
        self.note(node.span, note);
        self.out.push('\n');
        true
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn note(&mut self, span: Span, wanted: bool) {
        let origin = self.loaded.origin(span);
        if wanted && origin != Origin::File {
            self.out.push_str(&format!("  # {origin}"));
        }
    }

    /// The value on one line; `None` for what takes several.
    fn inline(&self, node: &Node) -> Option<String> {
        Some(match &node.value {
            Value::List(items) if items.is_empty() => "[]".into(),
            Value::Map(entries) if entries.is_empty() => "{}".into(),
            Value::Record(Record { fields }) if fields.is_empty() => "{}".into(),
            Value::Record(Record { fields }) if fields.len() == 1 && fields[0].0.is_empty() => {
                return self.inline(&fields[0].1);
            }
            Value::Record(record) => return column(record),
            Value::List(items) if short(items) => {
                let items: Option<Vec<_>> = items.iter().map(|item| self.inline(item)).collect();
                format!("[{}]", items?.join(", "))
            }
            Value::Map(entries) if self.is_data(entries) => {
                let entries =
                    entries.iter().map(|e| Some(format!("{}: {}", text(&e.key), self.inline(&e.node)?)));
                format!("{{ {} }}", entries.collect::<Option<Vec<_>>>()?.join(", "))
            }
            Value::List(_) | Value::Map(_) => return None,
            scalar => match self.path(node.span) {
                Some(path) => text(&path),
                None => scalar_text(scalar),
            },
        })
    }

    /// The path that stands there, as the pipeline's own file has to name it.
    fn path(&self, span: Span) -> Option<String> {
        let (_, path) = self.loaded.paths.iter().find(|(known, _)| *known == span)?;
        Some(paths::to_file(&self.loaded.pipeline.path, path, self.here))
    }

    /// A record of a test: scalars of one file on one line.
    fn is_data(&self, entries: &[Entry]) -> bool {
        let scalar =
            |value: &Value| matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_));
        let short = entries.iter().map(|e| e.key.len() + 2 + text_length(&e.node.value)).sum::<usize>() < 90;
        short
            && entries
                .iter()
                .all(|e| scalar(&e.node.value) && self.loaded.origin(e.node.span) == Origin::File)
    }
}

/// The entries of a map or record; of a kind whose fields are its own value, those of that value.
fn fields(value: &Value) -> Vec<(&str, &Node)> {
    match value {
        Value::Record(Record { fields: own }) => match own.as_slice() {
            [("", node)] => fields(&node.value),
            own => own.iter().map(|(name, node)| (*name, node)).collect(),
        },
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.as_str(), &entry.node)).collect(),
        _ => Vec::new(),
    }
}

/// A declared column that says no more than its type.
fn column(record: &Record) -> Option<String> {
    let [("type", Node { value: Value::Ty(ty), .. }), ("sensitive", Node { value: Value::Bool(false), .. })] =
        record.fields.as_slice()
    else {
        return None;
    };
    Some(ty_text(ty))
}

fn short(items: &[Node]) -> bool {
    let scalar = |value: &Value| !matches!(value, Value::List(_) | Value::Map(_) | Value::Record(_));
    items.iter().all(|item| scalar(&item.value))
        && items.iter().map(|item| text_length(&item.value)).sum::<usize>() < 90
}

fn text_length(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Expr(text) => text.text.len() + 2,
        _ => 8,
    }
}

fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Number(digits) => digits.clone(),
        Value::Text(value) => text(&value.text),
        Value::Expr(value) => quoted(&format!("= {}", value.text)),
        Value::Duration(nanos) => DurationText(*nanos).to_string(),
        Value::Size(bytes) => size_text(*bytes),
        Value::Rate(rate) => format!("{rate}/s"),
        Value::Share(share) => share.to_string(),
        Value::Level(level) => format!("{level}dB"),
        Value::Time(nanos) => quoted(
            &jiff::Timestamp::from_nanosecond((*nanos).into()).map_or(String::new(), |t| t.to_string()),
        ),
        Value::Ty(ty) => ty_text(ty),
        Value::List(_) | Value::Map(_) | Value::Record(_) => String::new(),
    }
}

/// A type as the long form writes it where it has a struct inside.
fn ty_text(ty: &Ty) -> String {
    match ty {
        Ty::Struct(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, ty)| format!("{}: {}", text(name), ty_text(ty))).collect();
            format!("{{ type: struct, fields: {{ {} }} }}", fields.join(", "))
        }
        Ty::List(item) if !matches!(**item, Ty::List(_) | Ty::Optional(_)) && holds_struct(item) => {
            format!("{{ type: list, items: {} }}", ty_text(item))
        }
        other => other.to_string(),
    }
}

fn holds_struct(ty: &Ty) -> bool {
    match ty {
        Ty::Struct(_) => true,
        Ty::List(item) | Ty::Optional(item) => holds_struct(item),
        _ => false,
    }
}

/// Bytes in the largest unit that is whole, as `parse_size` reads them.
fn size_text(bytes: u64) -> String {
    let units = [("TiB", 1_u64 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.iter().find(|(_, scale)| bytes > 0 && bytes.is_multiple_of(*scale)) {
        Some((unit, scale)) => format!("{}{unit}", bytes / scale),
        None => format!("{bytes}B"),
    }
}

/// A text as YAML of both versions reads it, in quotes where it needs them.
fn text(value: &str) -> String {
    let simple = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    let bare = value.bytes().all(simple)
        && value.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/'))
        && plain(value) == Plain::Text
        && differs(value).is_none();
    if bare { value.to_string() } else { quoted(value) }
}

fn quoted(value: &str) -> String {
    serde_json::Value::String(value.to_string()).to_string()
}

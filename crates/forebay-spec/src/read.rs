//! Reads a tree by a shape: what comes out has exactly the shape that was asked for, with every default filled
//! in, and every mistake on the way has been reported.
//!
//! Invariants: `None` means that a mistake was reported. Lists, maps and records hold what was right in them;
//! whoever needs all of it compares [`Reader::errors`] before and after.

mod column;
mod fill;
mod name;
mod number;
mod record;
mod scalar;

pub(crate) use column::FIELDS as COLUMN_FIELDS;
pub(crate) use name::{is_name, name_help};
pub(crate) use number::integer;
pub(crate) use record::read_default;

use std::collections::BTreeMap;

use crate::paths;
use crate::yaml::{Data, Plain, Tree, shorten};
use fill::Filled;
use forebay_types::code::{self, Code};
use forebay_types::shape::{Field, Names, Need, Shape};
use forebay_types::value::Entry;
use forebay_types::{Diagnostic, Files, Node, Record, Report, Span, Value};

/// What a reader knows beside the shape.
pub(crate) struct Reader<'a> {
    pub files: &'a mut Files,
    pub report: &'a mut Report,
    /// The texts of vars, for `${var:N}`; `None` for one that is a list, a map or in error.
    pub vars: BTreeMap<String, Option<String>>,
    pub known: &'a dyn Known,
    /// Other levels on which a field may have been meant, the nearest last: its fields, and in words where.
    pub levels: Vec<Level>,
    /// Paths that are read, from the working directory, by where they stand.
    pub paths: Vec<(Span, String)>,
    /// Values that were left out because of a mistake that had been reported before.
    silent: usize,
}

pub(crate) struct Level {
    pub fields: &'static [Field],
    pub place: String,
}

/// Names of things in `configs/`.
pub(crate) trait Known {
    /// The names of that sort, or `None` where nobody can tell.
    fn names(&self, names: Names) -> Option<Vec<&str>>;
}

/// Nothing is known, every name is taken.
pub(crate) struct Anything;

impl Known for Anything {
    fn names(&self, _: Names) -> Option<Vec<&str>> {
        None
    }
}

/// The field in which a value stands.
#[derive(Clone, Copy)]
pub(crate) struct At<'n> {
    pub name: &'n str,
    /// Where its name stands, for a value that is not there.
    pub key: Span,
    pub per_stream: bool,
    pub secret: bool,
}

impl<'n> At<'n> {
    pub fn named(name: &'n str, key: Span) -> At<'n> {
        At { name, key, per_stream: false, secret: false }
    }

    fn of(field: &Field, key: Span, outer: At<'_>) -> At<'static> {
        At {
            name: field.name,
            key,
            per_stream: field.per_stream || outer.per_stream,
            secret: field.secret || outer.secret,
        }
    }
}

impl<'a> Reader<'a> {
    pub fn new(files: &'a mut Files, report: &'a mut Report, known: &'a dyn Known) -> Reader<'a> {
        Reader {
            files,
            report,
            vars: BTreeMap::new(),
            known,
            levels: Vec::new(),
            paths: Vec::new(),
            silent: 0,
        }
    }

    /// A path that is read, from the working directory: it counts from the file in which it stands.
    pub fn path(&mut self, text: &str, span: Span) -> String {
        let path = paths::from_file(self.files.name(span.file), text);
        self.paths.push((span, path.clone()));
        path
    }

    /// Grows with every mistake that leaves something out.
    pub fn errors(&self) -> usize {
        self.report.errors() + self.silent
    }

    pub fn error(
        &mut self,
        code: &'static Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let diagnostic = Diagnostic::error(code, span, message);
        let help: String = help.into();
        self.report.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }

    /// A name that is none of `known`.
    pub fn unknown(&mut self, code: &'static Code, span: Span, message: String, name: &str, known: &[&str]) {
        self.report.push(Diagnostic::error(code, span, message).meant(name, known.iter().copied()));
    }

    pub fn read(&mut self, shape: &'static Shape, tree: &Tree, at: At<'_>) -> Option<Node> {
        if tree.scalar().is_some_and(|scalar| scalar.plain == Some(Plain::Unclear)) {
            self.silent += 1;
            return None;
        }
        if tree.is_null() && !matches!(shape, Shape::Plain | Shape::Any) {
            let help = match shape {
                Shape::Record(fields) => needs(fields),
                Shape::Map(_) => "write `{ NAME: … }`".into(),
                _ => format!("expected {}", shape.noun()),
            };
            self.error(&code::NO_VALUE, at.key, format!("`{}` has no value", at.name), help);
            return None;
        }
        let value = match shape {
            Shape::List(item) => self.list(item, tree, at),
            Shape::Map(item) => self.map(item, tree, at)?,
            Shape::Record(fields) => self.fields(fields, tree, at)?,
            Shape::Short { to, short, long } => match tree.data {
                Data::Map(_) => self.record(long, tree, at),
                _ => self.short(to, short, long, tree, at)?,
            },
            Shape::Forms { scalar, list, map } => return self.forms(shape, [*scalar, *list, *map], tree, at),
            Shape::Column => return self.column(tree, at),
            Shape::Any => return self.any(tree, at),
            _ => return self.scalar(shape, tree, at),
        };
        Some(Node { value, span: tree.span })
    }

    /// A list, of one item where that stands alone.
    fn list(&mut self, item: &'static Shape, tree: &Tree, at: At<'_>) -> Value {
        let items = match &tree.data {
            Data::List(items) => items.as_slice(),
            _ => std::slice::from_ref(tree),
        };
        Value::List(
            items.iter().filter_map(|tree| self.read(item, tree, At { key: tree.span, ..at })).collect(),
        )
    }

    fn map(&mut self, item: &'static Shape, tree: &Tree, at: At<'_>) -> Option<Value> {
        let Data::Map(pairs) = &tree.data else {
            self.wrong_type(tree, "a map", at);
            return None;
        };
        let entries = pairs.iter().filter_map(|pair| {
            let at = At { name: &pair.key, key: pair.key_span, ..at };
            let node = self.read(item, &pair.value, at)?;
            Some(Entry { key: pair.key.clone(), key_span: pair.key_span, node })
        });
        Some(Value::Map(entries.collect()))
    }

    /// A map whose keys are these fields.
    pub fn fields(&mut self, fields: &'static [Field], tree: &Tree, at: At<'_>) -> Option<Value> {
        self.fields_beside(fields, tree, at, &[])
    }

    /// The same where other keys that have been reported may stand for a field that is missing here.
    pub fn fields_beside(
        &mut self,
        fields: &'static [Field],
        tree: &Tree,
        at: At<'_>,
        reported: &[&str],
    ) -> Option<Value> {
        if let [field @ Field { name: "", .. }] = fields {
            let node = self.read(&field.shape, tree, At { name: at.name, ..At::of(field, at.key, at) })?;
            return Some(Value::Record(Record { fields: vec![("", node)] }));
        }
        if tree.is_null() {
            self.error(&code::NO_VALUE, at.key, format!("`{}` has no value", at.name), needs(fields));
            return None;
        }
        if !matches!(tree.data, Data::Map(_)) {
            let message =
                format!("`{}`: expected a map with {}, found {}", at.name, some_names(fields), tree.found());
            self.error(&code::WRONG_TYPE, tree.span, message, long_form(fields, tree, at));
            return None;
        }
        Some(self.record_beside(fields, tree, at, reported))
    }

    fn forms(
        &mut self,
        shape: &Shape,
        forms: [Option<&'static Shape>; 3],
        tree: &Tree,
        at: At<'_>,
    ) -> Option<Node> {
        let [scalar, list, map] = forms;
        let form = match tree.data {
            Data::Scalar(_) => scalar.or(list.filter(|list| matches!(list, Shape::List(_)))),
            Data::List(_) => list,
            Data::Map(_) => map.or(list.filter(|list| matches!(list, Shape::List(_)))),
        };
        match form {
            Some(form) => self.read(form, tree, at),
            None => {
                self.wrong_type(tree, &shape.noun(), at);
                None
            }
        }
    }

    /// Data as it stands; numbers keep their digits.
    fn any(&mut self, tree: &Tree, at: At<'_>) -> Option<Node> {
        let value = match &tree.data {
            Data::List(items) => {
                Value::List(items.iter().filter_map(|item| self.read(&Shape::Any, item, at)).collect())
            }
            Data::Map(pairs) => {
                let entries = pairs.iter().filter_map(|pair| {
                    let node = self.read(
                        &Shape::Any,
                        &pair.value,
                        At { name: &pair.key, key: pair.key_span, ..at },
                    )?;
                    Some(Entry { key: pair.key.clone(), key_span: pair.key_span, node })
                });
                Value::Map(entries.collect())
            }
            Data::Scalar(scalar) => {
                let filled = self.fill(scalar, tree.span, &Shape::Any, at)?;
                self.literal(filled, tree.span)?
            }
        };
        Some(Node { value, span: tree.span })
    }

    /// A scalar as the data that it is.
    fn literal(&mut self, filled: Filled, span: Span) -> Option<Value> {
        Some(match filled.plain {
            Some(Plain::Null) => Value::Null,
            Some(Plain::Bool(value)) => Value::Bool(value),
            Some(Plain::Number) => match number::digits(&filled.text) {
                Some(digits) => Value::Number(digits),
                None => {
                    self.error(
                        &code::NOT_FINITE,
                        span,
                        format!("`{}` is no number that JSON can hold", filled.text),
                        "infinity and NaN stand in no record: use null, or a text in quotes",
                    );
                    return None;
                }
            },
            Some(Plain::Text | Plain::Unclear) | None => Value::Text(filled.into_text()),
        })
    }

    pub fn wrong_type(&mut self, tree: &Tree, expected: &str, at: At<'_>) {
        let message = format!("`{}`: expected {expected}, found {}", at.name, tree.found());
        let span = if tree.is_null() { at.key } else { tree.span };
        self.error(&code::WRONG_TYPE, span, message, "");
    }
}

/// The map that was meant by a text that stands for one of its fields.
fn long_form(fields: &[Field], tree: &Tree, at: At<'_>) -> String {
    let needed: Vec<&Field> = fields.iter().filter(|field| field.need == Need::Required).collect();
    match (&needed[..], tree.scalar()) {
        ([field], Some(scalar)) => {
            format!("write `{}: {{ {}: {} }}`", at.name, field.name, shorten(&scalar.text))
        }
        _ => String::new(),
    }
}

/// What to write in place of nothing.
fn needs(fields: &[Field]) -> String {
    let required: Vec<_> =
        fields.iter().filter(|f| f.need == Need::Required).map(|f| format!("`{}`", f.name)).collect();
    match required.len() {
        0 => "write `{}` where all defaults are right".into(),
        _ => format!("it needs {}", required.join(", ")),
    }
}

/// The first few names of a record, for messages.
fn some_names(fields: &[Field]) -> String {
    let names: Vec<_> = fields.iter().take(4).map(|field| format!("`{}`", field.name)).collect();
    format!("{}{}", names.join(", "), if fields.len() > 4 { ", …" } else { "" })
}

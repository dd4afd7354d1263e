//! Maps whose keys are known: unknown, misplaced and missing fields, and defaults.

use super::{At, Reader};
use crate::yaml::{Tree, parse_value};
use forebay_types::code;
use forebay_types::nearest::nearest;
use forebay_types::shape::{Field, Need, Shape};
use forebay_types::{Diagnostic, Node, Record, Report, Span, Value};

impl Reader<'_> {
    /// The fields of a map. The result has those that were right and every default.
    pub(crate) fn record(&mut self, fields: &'static [Field], tree: &Tree, at: At<'_>) -> Value {
        self.record_beside(fields, tree, at, &[])
    }

    /// The same where other keys that have been reported may stand for a field that is missing here.
    pub(crate) fn record_beside(
        &mut self,
        fields: &'static [Field],
        tree: &Tree,
        at: At<'_>,
        reported: &[&str],
    ) -> Value {
        let names = || fields.iter().map(|field| field.name);
        let mut meant: Vec<&str> = reported.iter().filter_map(|name| nearest(name, names())).collect();
        for pair in tree.pairs().iter().filter(|pair| names().all(|name| name != pair.key)) {
            meant.extend(nearest(&pair.key, names()));
            self.unknown_field(fields, &pair.key, pair.key_span, &pair.value, at);
        }
        let mut record = Record::default();
        for field in fields {
            let pair = tree.pairs().iter().find(|pair| pair.key == field.name);
            let node = match (pair, field.need) {
                (Some(pair), _) => self.read(&field.shape, &pair.value, At::of(field, pair.key_span, at)),
                (None, Need::Optional) => None,
                (None, Need::Default(text)) => default(field, text),
                (None, Need::Required) if meant.contains(&field.name) => None,
                (None, Need::Required) => {
                    self.missing(field, tree.span, at);
                    None
                }
            };
            record.fields.extend(node.map(|node| (field.name, node)));
        }
        Value::Record(record)
    }

    /// A scalar or list that stands for one field of the long form.
    pub(super) fn short(
        &mut self,
        to: &'static str,
        short: &'static Shape,
        long: &'static [Field],
        tree: &Tree,
        at: At<'_>,
    ) -> Option<Value> {
        let node = self.read(short, tree, at)?;
        let mut record = Record::default();
        for field in long {
            match field.need {
                _ if field.name == to => record.fields.push((field.name, node.clone())),
                Need::Default(text) => {
                    record.fields.extend(default(field, text).map(|node| (field.name, node)))
                }
                Need::Optional => {}
                Need::Required => {
                    let message = format!(
                        "`{}` needs `{}` as well, so the short form is not enough",
                        at.name, field.name
                    );
                    self.error(
                        &code::MISSING_FIELD,
                        tree.span,
                        message,
                        format!("write a map with `{to}` and `{}`", field.name),
                    );
                }
            }
        }
        Some(Value::Record(record))
    }

    fn missing(&mut self, field: &Field, map: Span, at: At<'_>) {
        let message = format!("{} needs the field `{}`", called(at.name), field.name);
        let span = if at.key.is_none() { map } else { at.key };
        let says_enough = matches!(
            field.shape,
            Shape::Any | Shape::Text | Shape::Forms { .. } | Shape::Record(_) | Shape::Map(_)
        );
        let noun = if says_enough { String::new() } else { format!(" It is {}.", field.shape.noun()) };
        self.error(&code::MISSING_FIELD, span, message, format!("{}{noun}", field.doc));
    }

    fn unknown_field(&mut self, fields: &[Field], name: &str, span: Span, value: &Tree, at: At<'_>) {
        let message = format!("{} has no field `{name}`", called(at.name));
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        if let Some(level) =
            self.levels.iter().rev().find(|level| level.fields.iter().any(|f| f.name == name))
        {
            let help = format!("`{name}` stands {}", level.place);
            self.error(&code::MISPLACED_FIELD, span, message, help);
        } else if value.is_null()
            && value.span.start >= span.end
            && nearest(name, names.iter().copied()).is_none()
        {
            // `{ when: f(a, b) }`: the comma ended the text.
            let diagnostic = Diagnostic::error(&code::UNKNOWN_FIELD, span, message);
            self.report.push(diagnostic.help(
                "it has no value: if it is the rest of a text with a comma, put that text in double quotes",
            ));
        } else {
            self.unknown(&code::UNKNOWN_FIELD, span, message, name, &names);
        }
    }
}

/// Names stand in backticks, words such as "the file" do not.
fn called(name: &str) -> String {
    if name.contains(' ') { name.to_string() } else { format!("`{name}`") }
}

/// The default of a field, read like everything else; its spans are `Span::NONE`. `None` for a default that is
/// not of the field's shape, which [`misfits`](crate::misfits) finds.
fn default(field: &'static Field, text: &str) -> Option<Node> {
    read_default(field, text, &mut Report::default())
}

pub(crate) fn read_default(field: &'static Field, text: &str, report: &mut Report) -> Option<Node> {
    let tree = parse_value(text, Span::NONE.file, 0, report)?;
    let mut files = forebay_types::Files::default();
    let mut reader = Reader::new(&mut files, report, &super::Anything);
    reader.read(&field.shape, &tree, At::named(field.name, Span::NONE))
}

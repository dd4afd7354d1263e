//! Columns as they are declared: a type, or a map that says more. Both read as the same record.

use super::{At, Reader};
use crate::literal;
use crate::yaml::{Data, Tree};
use forebay_types::code;
use forebay_types::shape::{Field, Shape};
use forebay_types::value::Entry;
use forebay_types::{Diagnostic, Node, Record, Span, Ty, Value};

/// What the long form may say.
pub(crate) const FIELDS: &[Field] = &[
    Field::required(
        "type",
        Shape::Text,
        "A column type in its short form, or `struct` or `list` with `fields` or `items`.",
    ),
    Field::optional("fields", Shape::Map(&Shape::Column), "The columns of a struct."),
    Field::optional("items", Shape::Column, "What a list holds."),
    Field::optional(
        "from",
        Shape::Text,
        "The name of the field in the input; by default the column's own name.",
    ),
    Field::optional("default", Shape::Any, "What stands where the field is missing."),
    Field::default("sensitive", Shape::Bool, "false", "Printed as `•••` wherever people or logs may see it."),
    Field::optional("doc", Shape::Text, "What it is, for people."),
];

impl Reader<'_> {
    /// Always gives a record; its `type` is unknown after a mistake.
    pub(super) fn column(&mut self, tree: &Tree, at: At<'_>) -> Option<Node> {
        let span = tree.span;
        let mut record = match &tree.data {
            Data::Scalar(_) => {
                let ty = self.read(&Shape::Ty, tree, at).unwrap_or(unknown(span));
                Record { fields: vec![("type", ty)] }
            }
            Data::Map(_) => self.long(tree, at),
            Data::List(_) => {
                self.wrong_type(tree, &Shape::Column.noun(), at);
                Record { fields: vec![("type", unknown(span))] }
            }
        };
        if record.get("sensitive").is_none() {
            record.fields.push(("sensitive", Node { value: Value::Bool(false), span: Span::NONE }));
        }
        Some(Node { value: Value::Record(record), span })
    }

    fn long(&mut self, tree: &Tree, at: At<'_>) -> Record {
        let Value::Record(read) = self.record(FIELDS, tree, at) else { return Record::default() };
        let ty = match tree.get("type").and_then(Tree::scalar).map(|scalar| scalar.text.as_str()) {
            Some("struct") => self.structure(&read, tree, at),
            Some("list") if tree.get("fields").is_none() => self.list_of(&read, tree, at),
            _ => self.simple(&read, tree),
        };
        self.default_fits(&read, &ty.value);
        let mut record = Record { fields: vec![("type", ty)] };
        record.fields.extend(
            read.fields.into_iter().filter(|(name, _)| !matches!(*name, "type" | "fields" | "items")),
        );
        record
    }

    fn structure(&mut self, read: &Record, tree: &Tree, at: At<'_>) -> Node {
        self.only_with(read, "items", "list");
        let Some(Node { value: Value::Map(entries), .. }) = read.get("fields") else {
            if tree.get("fields").is_none() {
                let message = format!("`{}` is a struct and does not say of what", at.name);
                self.error(&code::COLUMN_FORM, tree.span, message, "add `fields: { NAME: TYPE, … }`");
            }
            return unknown(tree.span);
        };
        let fields = entries.iter().map(|Entry { key, node, .. }| (key.clone(), ty_of(node))).collect();
        Node { value: Value::Ty(Ty::Struct(fields)), span: read.span("type") }
    }

    fn list_of(&mut self, read: &Record, tree: &Tree, at: At<'_>) -> Node {
        let Some(item) = read.get("items") else {
            if tree.get("items").is_none() {
                let message = format!("`{}` is a list and does not say of what", at.name);
                self.error(
                    &code::COLUMN_FORM,
                    tree.span,
                    message,
                    "add `items: TYPE`, or write `list(TYPE)`",
                );
            }
            return unknown(tree.span);
        };
        Node { value: Value::Ty(Ty::List(Box::new(ty_of(item)))), span: read.span("type") }
    }

    fn simple(&mut self, read: &Record, tree: &Tree) -> Node {
        self.only_with(read, "fields", "struct");
        self.only_with(read, "items", "list");
        let ty = tree.get("type").filter(|_| read.get("type").is_some());
        ty.and_then(|ty| self.read(&Shape::Ty, ty, At::named("type", ty.span))).unwrap_or(unknown(tree.span))
    }

    fn only_with(&mut self, read: &Record, field: &str, ty: &str) {
        if let Some(node) = read.get(field) {
            let message = format!("`{field}` goes with `type: {ty}` only");
            self.error(&code::COLUMN_FORM, node.span, message, format!("remove it, or write `type: {ty}`"));
        }
    }

    fn default_fits(&mut self, read: &Record, ty: &Value) {
        if let (Some(node), Value::Ty(ty)) = (read.get("default"), ty)
            && let Err(why) = literal::fits(node, ty)
        {
            let diagnostic =
                Diagnostic::error(&code::LITERAL, node.span, format!("the default is no {ty}: {why}"));
            self.report.push(diagnostic.help("write a value of that type, or declare another type"));
        }
    }
}

fn unknown(span: Span) -> Node {
    Node { value: Value::Ty(Ty::Unknown), span }
}

fn ty_of(column: &Node) -> Ty {
    match column.record().and_then(|record| record.get("type")) {
        Some(Node { value: Value::Ty(ty), .. }) => ty.clone(),
        _ => Ty::Unknown,
    }
}

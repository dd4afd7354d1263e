//! A configuration as read: values that have the shape that was asked for, each with the place it came from.

use crate::{Span, Ty};

/// A value and where it was written; `Span::NONE` for a default.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Only where data may stand (`Plain`, `Any`).
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A number with its digits as written (`Plain`, `Any`).
    Number(String),
    /// Text, names, words, paths, expressions.
    Text(Text),
    /// `= …` under `set`: the text after the sign.
    Expr(Text),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Size(u64),
    /// Events per second.
    Rate(f64),
    /// 0 to 1.
    Share(f64),
    /// Decibels.
    Level(f64),
    /// Nanoseconds since 1970.
    Time(i64),
    Ty(Ty),
    List(Vec<Node>),
    Map(Vec<Entry>),
    Record(Record),
}

/// Text that may hold parts which are filled in later (`${stream:…}`, `${secret:…}`, `${time:…}`).
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// As written, with `${var:…}` already filled in.
    pub text: String,
    /// Where the first byte of the text stands when the file has it verbatim from there on: then a span
    /// inside the text is a span of the file.
    pub verbatim: Option<Span>,
}

impl Text {
    /// The part `start..end` of the text as a place in the file; the whole value where that cannot be told.
    pub fn part(&self, whole: Span, start: usize, end: usize) -> Span {
        self.verbatim.map_or(whole, |span| span.part(start, end))
    }
}

/// An entry of a map with free keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

/// Fields of a record: those that were written and those with a default, in the order of the shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub fields: Vec<(&'static str, Node)>,
}

/// What the shape promised was not there: a mistake of ours, never of the user's.
#[track_caller]
fn misuse(wanted: &str, name: &str, found: &Node) -> ! {
    panic!("field `{name}` was read as {wanted}, but its shape gave {:?}", found.value)
}

macro_rules! scalar_getters {
    ($($getter:ident -> $ty:ty, $variant:ident, $wanted:literal;)*) => {$(
        pub fn $getter(&self, name: &str) -> Option<$ty> {
            let node = self.get(name)?;
            match &node.value {
                Value::$variant(value) => Some(*value),
                _ => misuse($wanted, name, node),
            }
        }
    )*};
}

/// Getters give `None` for an optional field that was left out. Asking for another shape than the field has
/// is a programming error and panics.
impl Record {
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, node)| node)
    }

    scalar_getters! {
        bool -> bool, Bool, "a bool";
        int -> i64, Int, "an integer";
        float -> f64, Float, "a float";
        duration -> i64, Duration, "a duration";
        size -> u64, Size, "a size";
        rate -> f64, Rate, "a rate";
        share -> f64, Share, "a share";
        level -> f64, Level, "a level";
        time -> i64, Time, "a time";
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        let node = self.get(name)?;
        match &node.value {
            Value::Text(text) => Some(&text.text),
            _ => misuse("text", name, node),
        }
    }

    pub fn list(&self, name: &str) -> &[Node] {
        match self.get(name) {
            None => &[],
            Some(Node { value: Value::List(items), .. }) => items,
            Some(node) => misuse("a list", name, node),
        }
    }

    pub fn map(&self, name: &str) -> &[Entry] {
        match self.get(name) {
            None => &[],
            Some(Node { value: Value::Map(entries), .. }) => entries,
            Some(node) => misuse("a map", name, node),
        }
    }

    pub fn record(&self, name: &str) -> Option<&Record> {
        let node = self.get(name)?;
        match &node.value {
            Value::Record(record) => Some(record),
            _ => misuse("a record", name, node),
        }
    }

    /// Where the field stands, `Span::NONE` when it was left out.
    pub fn span(&self, name: &str) -> Span {
        self.get(name).map_or(Span::NONE, |node| node.span)
    }
}

impl Node {
    pub fn text(&self) -> Option<&Text> {
        match &self.value {
            Value::Text(text) | Value::Expr(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a node whose shape is a text.
    #[track_caller]
    pub fn str(&self) -> &str {
        match self.text() {
            Some(text) => &text.text,
            None => misuse("text", "(item)", self),
        }
    }

    pub fn record(&self) -> Option<&Record> {
        match &self.value {
            Value::Record(record) => Some(record),
            _ => None,
        }
    }
}

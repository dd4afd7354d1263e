//! How a piece of configuration looks: one description from which the reader, the JSON Schema, `forebay kinds`
//! and the printed defaults all come. A shape is a constant; reading a file by a shape gives a
//! [`Value`](crate::Value) that has exactly that shape, or diagnostics.

/// What may stand in one place of a file.
#[derive(Debug)]
pub enum Shape {
    Bool,
    Int {
        min: i64,
        max: i64,
    },
    Float {
        min: f64,
        max: f64,
    },
    /// Any text.
    Text,
    /// The name of a node, port, var, list: `[a-z][a-z0-9_]*`.
    Name,
    /// The name of a thing in its own file (`card-fraud`, `payments-eu`): DNS label.
    Label,
    Duration,
    /// A duration that becomes part of names: it reads as its text, `7d`.
    NamedDuration,
    Size,
    /// `30fps`, `2/s`.
    Rate,
    /// `10%` or a number from 0 to 1.
    Share,
    /// `-60dB`.
    Level,
    /// RFC 3339 with zone.
    Time,
    /// `YYYY-MM-DD`.
    Date,
    /// A column type in its short form.
    Ty,
    /// A column type with everything it may say: short or `{ type: struct, fields }`, `{ type: list, items }`. In
    /// every form it reads as a record with `type` (a `Value::Ty`), `sensitive` and perhaps `from`, `default`, `doc`.
    Column,
    /// An expression; the text is checked by whoever owns the field.
    Expr,
    /// Under `set`: a plain value, or a text that begins with `=` and is an expression.
    Plain,
    /// Data as it comes: test records, literal maps. Numbers keep their digits.
    Any,
    /// The name of a column of the main input.
    ColumnName,
    /// A path; what is read counts from the file that names it, what is written from the working directory.
    Path(Access),
    /// One word out of a list, each with what it means.
    Word(&'static [(&'static str, &'static str)]),
    /// An output: `NAME` or `NAME.PORT`.
    Output,
    /// A name of something in `configs/`.
    Ref(Names),
    /// A list; where one item stands alone it is a list of one.
    List(&'static Shape),
    /// Keys are free.
    Map(&'static Shape),
    /// Keys are these fields.
    Record(&'static [Field]),
    /// A scalar or list that stands for `{ to: … }` of the long form.
    Short {
        to: &'static str,
        short: &'static Shape,
        long: &'static [Field],
    },
    /// Told apart by what stands there: a scalar, a list or a map.
    Forms {
        scalar: Option<&'static Shape>,
        list: Option<&'static Shape>,
        map: Option<&'static Shape>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// What a [`Shape::Ref`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Model,
    Connection,
    Pop,
    /// A source, stage or sink of this file.
    Node,
}

impl Names {
    pub fn noun(self) -> &'static str {
        match self {
            Names::Model => "model",
            Names::Connection => "connection",
            Names::Pop => "PoP",
            Names::Node => "node",
        }
    }
}

/// One field of a record.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub need: Need,
    /// May take `${stream:COLUMN}`; a value with one is a `Value::Text` whatever the shape says.
    pub per_stream: bool,
    /// May take `${secret:N}`, and is never printed.
    pub secret: bool,
    /// One or two sentences: what it does, its unit and range.
    pub doc: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
    /// The value that stands when the field is left out, as it would be written.
    Default(&'static str),
}

impl Field {
    pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Field {
        Field { name, shape, need: Need::Required, per_stream: false, secret: false, doc }
    }

    pub const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Field {
        Field { need: Need::Optional, ..Field::required(name, shape, doc) }
    }

    pub const fn default(name: &'static str, shape: Shape, value: &'static str, doc: &'static str) -> Field {
        Field { need: Need::Default(value), ..Field::required(name, shape, doc) }
    }

    pub const fn per_stream(self) -> Field {
        Field { per_stream: true, ..self }
    }

    pub const fn secret(self) -> Field {
        Field { secret: true, ..self }
    }
}

impl Shape {
    /// What to call it in a message: "expected a duration such as 20ms".
    pub fn noun(&self) -> String {
        match self {
            Shape::Bool => "true or false".into(),
            Shape::Int { min, max } if *min == i64::MIN && *max == i64::MAX => "a whole number".into(),
            Shape::Int { min, max } if *max == i64::MAX => format!("a whole number from {min}"),
            Shape::Int { min, max } => format!("a whole number from {min} to {max}"),
            Shape::Float { min, max } if min.is_finite() && max.is_finite() => {
                format!("a number from {min} to {max}")
            }
            Shape::Float { .. } => "a number".into(),
            Shape::Text => "a text".into(),
            Shape::Name => "a name ([a-z][a-z0-9_]*)".into(),
            Shape::Label => "a name ([a-z0-9] and -)".into(),
            Shape::Duration => "a duration such as 20ms".into(),
            Shape::NamedDuration => "a duration such as 7d".into(),
            Shape::Size => "a size such as 64MiB".into(),
            Shape::Rate => "a rate such as 30fps or 2/s".into(),
            Shape::Share => "a share such as 10%".into(),
            Shape::Level => "a level such as -60dB".into(),
            Shape::Time => "a time such as 2026-01-31T12:00:00Z".into(),
            Shape::Date => "a date such as 2026-01-31".into(),
            Shape::Ty => "a type such as i64 or decimal(2)".into(),
            Shape::Column => "a column: a type, or a map with `type`".into(),
            Shape::Expr => "an expression".into(),
            Shape::Plain => "a value, or a text that begins with `=`".into(),
            Shape::Any => "a value".into(),
            Shape::ColumnName => "the name of a column".into(),
            Shape::Path(_) => "a path".into(),
            Shape::Word([(word, _)]) => (*word).into(),
            Shape::Word(words) => {
                let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                format!("one of {}", names.join(", "))
            }
            Shape::Output => "the name of a source or stage, or NAME.PORT".into(),
            Shape::Ref(names) => format!("the name of a {}", names.noun()),
            Shape::List(item) => format!("a list; each item {}", item.noun()),
            Shape::Map(_) => "a map".into(),
            Shape::Record(_) => "a map".into(),
            Shape::Short { short, .. } => format!("{}, or a map", short.noun()),
            Shape::Forms { scalar, list, map } => {
                let forms =
                    [scalar.map(|s| s.noun()), list.map(|s| s.noun()), map.map(|_| "a map".to_string())];
                forms.into_iter().flatten().collect::<Vec<_>>().join(", or ")
            }
        }
    }
}

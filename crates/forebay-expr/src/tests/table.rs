//! One schema with a column of every sort, rows for it, and values as text.

use std::fmt;
use std::sync::Arc;

use forebay_batch::{Batch, Builder, Col, ColMut, HeaderRing, Presence, Times};
use forebay_types::id::NodeId;
use forebay_types::kind::Scope;
use forebay_types::value::Text;
use forebay_types::{Addr, Column, Epoch, Files, Report, Schema, Span, Ty};

use crate::scalar::{write_float, write_i64};
use crate::typed::Form;
use crate::{List, Members, Names, Scalar, Typed, Values, compile};

/// A value of one row.
#[derive(Clone, Debug)]
pub enum V {
    Null,
    Missing,
    Bool(bool),
    I64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Text(Vec<u8>),
    List(Vec<V>),
    Struct(Vec<V>),
}

impl V {
    pub fn text(text: &str) -> V {
        V::Text(text.into())
    }

    pub fn is_absent(&self) -> bool {
        matches!(self, V::Null | V::Missing)
    }
}

/// By bits, where every NaN is the same.
impl PartialEq for V {
    fn eq(&self, other: &V) -> bool {
        match (self, other) {
            (V::F32(a), V::F32(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            (V::F64(a), V::F64(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            (V::Bool(a), V::Bool(b)) => a == b,
            (V::I64(a), V::I64(b)) => a == b,
            (V::U64(a), V::U64(b)) => a == b,
            (V::Text(a), V::Text(b)) => a == b,
            (V::List(a), V::List(b)) | (V::Struct(a), V::Struct(b)) => a == b,
            (V::Null, V::Null) | (V::Missing, V::Missing) => true,
            _ => false,
        }
    }
}

/// A value as people read it.
pub struct Shown<'a>(pub &'a V, pub &'a Ty);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1.inner()) {
            (V::Null, _) => f.write_str("null"),
            (V::Missing, _) => f.write_str("missing"),
            (V::Bool(value), _) => write!(f, "{value}"),
            (V::I64(value), ty) => write_i64(f, ty, *value),
            (V::U64(value), _) => write!(f, "{value}"),
            (V::F32(value), _) => write_float(f, *value, value.abs().into()),
            (V::F64(value), _) => write_float(f, *value, value.abs()),
            (V::Text(text), _) => write!(f, "'{}'", String::from_utf8_lossy(text)),
            (V::List(items), Ty::List(ty)) => {
                let items: Vec<String> = items.iter().map(|item| Shown(item, ty).to_string()).collect();
                write!(f, "[{}]", items.join(", "))
            }
            (V::Struct(fields), Ty::Struct(types)) => {
                let field =
                    |(value, (name, ty)): (&V, &(String, Ty))| format!("{name}: {}", Shown(value, ty));
                write!(f, "{{{}}}", fields.iter().zip(types).map(field).collect::<Vec<_>>().join(", "))
            }
            (value, ty) => panic!("{value:?} is no {ty}"),
        }
    }
}

/// Every column with its type and its value in a row where nothing else is said.
pub fn columns() -> Vec<(&'static str, Ty, V)> {
    let ty = |text: &str| Ty::parse(text).unwrap();
    let object = Ty::Struct(vec![
        ("label".into(), Ty::String),
        ("score".into(), Ty::F32),
        ("x".into(), Ty::I32.optional()),
    ]);
    let place = Ty::Struct(vec![
        ("lat".into(), Ty::F64),
        ("n".into(), Ty::U8),
        ("name".into(), Ty::String.optional()),
    ]);
    let cat = V::Struct(vec![V::text("cat"), V::F32(0.5), V::I64(3)]);
    let dog = V::Struct(vec![V::text("dog"), V::F32(0.25), V::Missing]);
    let home = V::Struct(vec![V::F64(47.5), V::I64(8), V::text("home")]);
    let texts = |texts: &[&str]| V::List(texts.iter().map(|text| V::text(text)).collect());
    vec![
        ("b", Ty::Bool, V::Bool(true)),
        ("ob", ty("optional(bool)"), V::Null),
        ("i", Ty::I64, V::I64(7)),
        ("j", Ty::I64, V::I64(-3)),
        ("oi", ty("optional(i64)"), V::Null),
        ("small", Ty::I8, V::I64(-100)),
        ("byte", Ty::U8, V::I64(200)),
        ("u", Ty::U64, V::U64(18_000_000_000_000_000_000)),
        ("f", Ty::F32, V::F32(0.5)),
        ("d", Ty::F64, V::F64(1.5)),
        ("od", ty("optional(f64)"), V::F64(0.25)),
        ("m", ty("decimal(2)"), V::I64(12_50)),
        ("n", ty("decimal(3)"), V::I64(1_234)),
        ("s", Ty::String, V::text("sömé")),
        ("t", Ty::String, V::text("12")),
        ("os", ty("optional(string)"), V::Missing),
        ("raw", Ty::Bytes, V::Text(vec![0xff, 0x61])),
        ("ts", ty("timestamp(ms)"), V::I64(1_767_225_600_000_000_000)),
        ("when", ty("timestamp"), V::I64(1_767_225_610_500_000_000)),
        ("day", Ty::Date, V::I64(20_454)),
        ("span", Ty::Duration, V::I64(90_000_000_000)),
        ("tags", ty("list(string)"), texts(&["door", "gate"])),
        ("otags", ty("optional(list(string))"), V::Null),
        ("ids", ty("list(u16)"), V::List(vec![V::I64(5), V::I64(60_000)])),
        ("gaps", ty("list(optional(i64))"), V::List(vec![V::I64(1), V::Null])),
        ("objects", Ty::List(Box::new(object)), V::List(vec![cat, dog])),
        ("at", place.clone(), home),
        ("oat", place.optional(), V::Null),
    ]
}

pub fn schema() -> Schema {
    Schema::of(columns().into_iter().map(|(name, ty, _)| Column::new(name, ty, Span::NONE)).collect())
}

pub fn scope() -> Scope {
    Scope {
        vars: vec![
            ("limit".into(), Ty::F64),
            ("most".into(), Ty::I64.optional()),
            ("country".into(), Ty::String),
        ],
        lists: vec![
            ("blocked".into(), Ty::U64),
            ("words".into(), Ty::String),
            ("prices".into(), Ty::Decimal(2)),
        ],
    }
}

pub fn members(ty: &Ty, values: &[&str]) -> Members {
    let mut members = Members::new(ty);
    values.iter().for_each(|value| members.insert(Scalar::read(ty, value).unwrap()));
    members
}

pub fn run_values() -> Values {
    let list = |ty: Ty, values: &[&str]| Arc::new(List::new(members(&ty, values)));
    Values::default()
        .with_var("limit", Scalar::F64(0.9))
        .with_var("most", Scalar::Null)
        .with_var("country", Scalar::text("CH"))
        .with_list("blocked", list(Ty::U64, &["7", "18000000000000000000"]))
        .with_list("words", list(Ty::String, &["door", "12"]))
        .with_list("prices", list(Ty::Decimal(2), &["12.50", "7"]))
}

/// Compiles `text` and gives what it became beside what was said.
pub fn compiled(text: &str, want: Option<&Ty>) -> (Option<Typed>, String) {
    let mut files = Files::default();
    let file = files.add("e", text);
    let span = Span { file, start: 0, end: text.len() as u32 };
    let (schema, scope, mut report) = (schema(), scope(), Report::default());
    let names = Names { columns: &schema, scope: &scope };
    let text = Text { text: text.into(), verbatim: Some(span) };
    let typed = compile(&text, span, &names, want, &mut report);
    (typed, said(&mut report, &files))
}

/// One line a mistake: code, column, the marked text, message and help.
pub fn said(report: &mut Report, files: &Files) -> String {
    report.sort();
    let line = |d: &forebay_types::Diagnostic| {
        let column = files.position(d.span).column;
        let (marked, help) = (files.slice(d.span), d.help.as_deref().unwrap_or("no help"));
        format!("{} {column} `{marked}`: {}; {help}", d.code.id, d.message)
    };
    report.diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}

pub fn addr_of(name: &str) -> Addr {
    let column = columns().iter().position(|(known, ..)| *known == name).unwrap();
    Addr { group: 0, column: column as u16 }
}

pub fn push(out: &mut ColMut, ty: &Ty, value: &V) {
    match (ty.inner(), value) {
        // What lies below an absent value is unspecified: here it is what would overflow.
        (Ty::I64, V::Null) => {
            out.push(i64::MAX);
            out.set_presence(out.rows() - 1, Presence::Null);
        }
        (_, V::Null) => out.push_absent(Presence::Null),
        (_, V::Missing) => out.push_absent(Presence::Missing),
        (Ty::I8, V::I64(value)) => out.push(*value as i8),
        (Ty::I16, V::I64(value)) => out.push(*value as i16),
        (Ty::I32 | Ty::Date, V::I64(value)) => out.push(*value as i32),
        (Ty::U8, V::I64(value)) => out.push(*value as u8),
        (Ty::U16, V::I64(value)) => out.push(*value as u16),
        (Ty::U32, V::I64(value)) => out.push(*value as u32),
        (_, V::I64(value)) => out.push(*value),
        (_, V::Bool(value)) => out.push(u8::from(*value)),
        (_, V::U64(value)) => out.push(*value),
        (_, V::F32(value)) => out.push(*value),
        (_, V::F64(value)) => out.push(*value),
        (_, V::Text(text)) => out.push_bytes(text),
        (Ty::List(item), V::List(items)) => {
            items.iter().for_each(|value| push(out.items(), item, value));
            out.end_list();
        }
        (Ty::Struct(fields), V::Struct(values)) => {
            let fields = out.fields().iter_mut().zip(fields);
            fields.zip(values).for_each(|((out, (_, ty)), value)| push(out, ty, value));
            out.end_struct();
        }
        (ty, value) => panic!("{value:?} is no {ty}"),
    }
}

pub fn read(col: &Col, ty: &Ty, row: usize) -> V {
    match col.presence(row) {
        Presence::Null => return V::Null,
        Presence::Missing => return V::Missing,
        Presence::Value => {}
    }
    match (Form::of(ty), ty.inner()) {
        (_, Ty::List(item)) => {
            let (offsets, items) = col.list();
            let range = offsets[row] as usize..offsets[row + 1] as usize;
            V::List(range.map(|at| read(items, item, at)).collect())
        }
        (_, Ty::Struct(fields)) => {
            V::Struct(fields.iter().zip(col.fields()).map(|((_, ty), col)| read(col, ty, row)).collect())
        }
        (_, Ty::I8) => V::I64(col.fixed::<i8>()[row].into()),
        (_, Ty::I16) => V::I64(col.fixed::<i16>()[row].into()),
        (_, Ty::I32 | Ty::Date) => V::I64(col.fixed::<i32>()[row].into()),
        (_, Ty::U8) => V::I64(col.fixed::<u8>()[row].into()),
        (_, Ty::U16) => V::I64(col.fixed::<u16>()[row].into()),
        (_, Ty::U32) => V::I64(col.fixed::<u32>()[row].into()),
        (Form::Bool, _) => V::Bool(col.fixed::<u8>()[row] != 0),
        (Form::U64, _) => V::U64(col.fixed::<u64>()[row]),
        (Form::F32, _) => V::F32(col.fixed::<f32>()[row]),
        (Form::F64, _) => V::F64(col.fixed::<f64>()[row]),
        (Form::Text, _) => V::Text(col.var().get(row).to_vec()),
        _ => V::I64(col.fixed::<i64>()[row]),
    }
}

/// A batch of these rows, each a value for every column.
pub fn batch(rows: &[Vec<V>]) -> Batch {
    let columns = columns();
    let mut builder = Builder::new(columns.iter().map(|(_, ty, _)| ty));
    let mut headers = HeaderRing::default();
    let mut header = headers.take(NodeId(0), Epoch(0));
    builder.begin();
    for row in rows {
        Arc::get_mut(&mut header).unwrap().push(0, Times::default());
        for ((out, (_, ty, _)), value) in builder.cols().iter_mut().zip(&columns).zip(row) {
            push(out, ty, value);
        }
    }
    Batch::new(headers.share(header), builder.finish())
}

//! Columns as text: what a test declares, reads and expects.

use std::sync::Arc;

use forebay_batch::{Batch, Builder, Col, Columns, Data, HeaderRing, Presence, Times};
use forebay_codec::{Extra, FieldSpec, JsonReader, JsonWriter};
use forebay_types::format::EXTRA;
use forebay_types::id::NodeId;
use forebay_types::{Addr, Epoch, Ty};

/// The fields of `a: i64, b: optional(string), -c: bool`. A minus before a name: nobody wants its column.
pub fn fields(schema: &str) -> Vec<FieldSpec> {
    let mut slots = 0..;
    let field = |part: &str| {
        let (name, ty) = part.split_once(':').expect("name: type");
        let slot = if name.trim().starts_with('-') { None } else { slots.next() };
        let name = name.trim().trim_start_matches('-').to_string();
        let ty = struct_or_ty(ty.trim());
        FieldSpec { name, ty, default: None, slot, sensitive: false }
    };
    schema.split(", ").filter(|part| !part.is_empty()).map(field).collect()
}

/// A type in its short form, or `{x: i8; y: list(i8)}` for a struct, also inside `list` and `optional`.
fn struct_or_ty(text: &str) -> Ty {
    if let Some(inside) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        let field = |part: &str| {
            let (name, ty) = part.split_once(':').expect("name: type");
            (name.trim().to_string(), struct_or_ty(ty.trim()))
        };
        return Ty::Struct(inside.split(';').map(field).collect());
    }
    match text.split_once('(') {
        Some(("list", rest)) if rest.contains('{') => {
            Ty::List(Box::new(struct_or_ty(&rest[..rest.len() - 1])))
        }
        Some(("optional", rest)) if rest.contains('{') => struct_or_ty(&rest[..rest.len() - 1]).optional(),
        _ => Ty::parse(text).expect("a type"),
    }
}

/// A reader with a builder for what it carries.
pub struct Table {
    pub fields: Vec<FieldSpec>,
    pub extra: Extra,
    pub reader: JsonReader,
    pub builder: Builder,
}

impl Table {
    pub fn new(fields: Vec<FieldSpec>, extra: Extra) -> Table {
        let reader = JsonReader::new(&fields, extra).expect("defaults that fit");
        let mut types: Vec<Ty> = carried(&fields).map(|field| field.ty.clone()).collect();
        if let Extra::Keep(_) = extra {
            types.push(Ty::String);
        }
        let mut builder = Builder::new(&types);
        builder.begin();
        Table { fields, extra, reader, builder }
    }

    /// What was read so far, one text a row: values with `|` between.
    pub fn rows(&mut self) -> (Vec<String>, Arc<Columns>) {
        let columns = self.builder.finish();
        let mut types: Vec<Ty> = carried(&self.fields).map(|field| field.ty.clone()).collect();
        types.resize(columns.cols().len(), Ty::String);
        let rows = columns.cols().iter().zip(&types).map(|(col, ty)| rows_of(col, ty)).min().unwrap_or(0);
        let row = |row| {
            let cells = columns.cols().iter().zip(&types).map(|(col, ty)| show(col, ty, row));
            cells.collect::<Vec<_>>().join("|")
        };
        ((0..rows).map(row).collect(), columns)
    }

    /// What was read, written again: the carried columns and the kept fields.
    pub fn written(&self, columns: Arc<Columns>, rows: usize) -> String {
        let addr = |column: usize| Addr { group: 0, column: column as u16 };
        let mut out: Vec<(String, Ty, Addr)> = carried(&self.fields)
            .enumerate()
            .map(|(at, field)| (field.name.clone(), field.ty.clone(), addr(at)))
            .collect();
        if let Extra::Keep(slot) = self.extra {
            out.push((EXTRA.into(), Ty::String, addr(slot)));
        }
        let writer = JsonWriter::new(&out);
        let batch = batch(columns, rows);
        let mut text = Vec::new();
        (0..rows)
            .for_each(|row| writer.write_record(&batch, row, &mut text).expect("what was read has JSON"));
        String::from_utf8(text).expect("JSON is text")
    }
}

pub fn carried(fields: &[FieldSpec]) -> impl Iterator<Item = &FieldSpec> {
    fields.iter().filter(|field| field.slot.is_some())
}

pub fn batch(columns: Arc<Columns>, rows: usize) -> Batch {
    let mut headers = HeaderRing::default();
    let mut header = headers.take(NodeId(0), Epoch(0));
    for _ in 0..rows {
        Arc::get_mut(&mut header).expect("held once").push(0, Times::default());
    }
    Batch::new(headers.share(header), columns)
}

fn rows_of(col: &Col, ty: &Ty) -> usize {
    match (&col.data, ty.inner()) {
        (Data::Fixed { width, values }, _) => values.len() / width,
        (Data::Var { offsets, .. } | Data::List { offsets, .. }, _) => offsets.len() / 4 - 1,
        (Data::Struct(cols), Ty::Struct(fields)) => rows_of(&cols[0], &fields[0].1),
        (Data::Struct(_), other) => panic!("{other} has no fields"),
    }
}

/// A value as it lies in memory: decimals and times are the integers that they are.
fn show(col: &Col, ty: &Ty, row: usize) -> String {
    match col.presence(row) {
        Presence::Null => return "null".into(),
        Presence::Missing => return "missing".into(),
        Presence::Value => {}
    }
    match ty.inner() {
        Ty::Bool | Ty::U8 => col.fixed::<u8>()[row].to_string(),
        Ty::I8 => col.fixed::<i8>()[row].to_string(),
        Ty::I16 => col.fixed::<i16>()[row].to_string(),
        Ty::U16 => col.fixed::<u16>()[row].to_string(),
        Ty::I32 | Ty::Date => col.fixed::<i32>()[row].to_string(),
        Ty::U32 => col.fixed::<u32>()[row].to_string(),
        Ty::U64 => col.fixed::<u64>()[row].to_string(),
        Ty::I64 | Ty::Decimal(_) | Ty::Timestamp(_) | Ty::Duration => col.fixed::<i64>()[row].to_string(),
        Ty::F32 => format!("{:?}", col.fixed::<f32>()[row]),
        Ty::F64 => format!("{:?}", col.fixed::<f64>()[row]),
        Ty::String | Ty::Zones => col.var().str(row).to_string(),
        Ty::Bytes => format!("{:?}", col.var().get(row)),
        Ty::List(item) => {
            let (offsets, items) = col.list();
            let range = offsets[row] as usize..offsets[row + 1] as usize;
            format!("[{}]", range.map(|at| show(items, item, at)).collect::<Vec<_>>().join(","))
        }
        Ty::Struct(fields) => {
            let shown = fields.iter().zip(col.fields()).map(|((_, ty), col)| show(col, ty, row));
            format!("{{{}}}", shown.collect::<Vec<_>>().join(","))
        }
        Ty::Optional(_) | Ty::Unknown => panic!("{ty}"),
    }
}

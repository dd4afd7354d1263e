//! Helpers for the tests of stages: input and output as text tables.
//!
//! ```text
//! @event | tx_id | amount | note
//! 10     | a     | 12.50  | -
//! 20     | b     | 3.00   | null
//! ```
//!
//! `@event` is the event time in nanoseconds, `@watermark` the watermark: as far below the highest event time so far in
//! every row, and never there when it is left out; `-` is missing, `null` is null; lists are written `[1, 2]`.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use forebay_batch::{Batch, Builder, Col, ColMut, Header, HeaderRing, Presence, Terms, Times};
use forebay_expr::Values;
use forebay_types::format::{Extra, Format};
use forebay_types::id::NodeId;
use forebay_types::kind::{Answer, Check, NoModels, Scope};
use forebay_types::value::Text;
use forebay_types::{Addr, Column, Epoch, Files, Node, Record, Report, Schema, Span, StreamId, Ty, Value};

use crate::{Bell, Build, Condition, Cx, Factory, Make, Outbox, Process, Shards, Stage, StreamNames};

/// A schema from `name: type` pairs separated by commas, laid out as one group.
pub fn schema(text: &str) -> Schema {
    let columns = split_top(text, ',').into_iter().filter(|part| !part.is_empty()).enumerate();
    Schema::of(
        columns
            .map(|(index, part)| {
                let (name, ty) = part.split_once(':').expect("name: type");
                let ty = Ty::parse(ty).unwrap_or_else(|error| panic!("{error}"));
                let mut column = Column::new(name.trim(), ty, Span::NONE);
                column.addr = Addr { group: 0, column: index as u16 };
                column
            })
            .collect(),
    )
}

/// A batch from a text table over these columns. Rows are numbered from `first_seq` in stream 0.
pub fn batch(schema: &Schema, table: &str, first_seq: u64) -> Batch {
    let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let heads: Vec<&str> = split_top(lines.next().expect("a head line"), '|');
    let mut builder = Builder::new(schema.columns.iter().map(|column| &column.ty));
    let mut header = Header::default();
    let (mut high, mut terms, mut times) = (i64::MIN, Terms::default(), Vec::new());
    builder.begin();
    for (index, line) in lines.enumerate() {
        let cells = split_top(line, '|');
        assert_eq!(cells.len(), heads.len(), "cells in `{line}`");
        let cell = |name: &str| heads.iter().position(|head| *head == name).map(|at| cells[at]);
        let number = |text: &str| text.parse::<i64>().expect("a time is a number");
        let event = cell("@event").map_or(0, number);
        high = high.max(event);
        let slack = cell("@watermark").map(|watermark| high - number(watermark));
        assert!(
            index == 0 || slack == terms.out_of_order_ns,
            "the watermark in `{line}` is of another stream"
        );
        terms.out_of_order_ns = slack;
        times.push(Times { event, high });
        for (at, column) in schema.columns.iter().enumerate() {
            push(builder.col(at), &column.ty, cell(&column.name).unwrap_or("-"));
        }
    }
    header.of_stream(StreamId(0), terms);
    let seqs: Vec<u64> = (first_seq..).take(times.len()).collect();
    header.extend(&seqs, &times);
    let mut ring = HeaderRing::default();
    let mut shell = ring.take(NodeId(0), Epoch(1));
    *Arc::get_mut(&mut shell).expect("a fresh header") = header;
    Batch::new(shell, builder.finish())
}

/// The selected rows of a batch as a text table of the columns of a schema.
pub fn table(batch: &Batch, schema: &Schema) -> String {
    let mut out = schema.names().collect::<Vec<_>>().join(" | ");
    for row in batch.rows().iter() {
        out.push('\n');
        let cells = schema.columns.iter().map(|column| cell(batch.col(column.addr), &column.ty, row));
        out.push_str(&cells.collect::<Vec<_>>().join(" | "));
    }
    out
}

/// A stage of this factory over one input, with these fields: its check runs as it does in a plan, and every column that
/// it adds is wanted. A configuration that the check refuses panics with what it said.
pub fn stage(factory: &Factory, fields: &[(&'static str, Value)], input: &Schema) -> Box<dyn Stage> {
    let node = |value: &Value| Node { value: value.clone(), span: Span::NONE };
    let config = Record { fields: fields.iter().map(|(name, value)| (*name, node(value))).collect() };
    let inputs = [Some(input.clone())];
    let scope = Scope::default();
    let mut report = Report::default();
    let mut check = Check {
        name: "stage",
        span: Span::NONE,
        config: &config,
        inputs: &inputs,
        scope: &scope,
        models: &NoModels,
        report: &mut report,
        answer: Answer::default(),
    };
    (factory.kind.check)(&mut check);
    let outputs = check.answer.outputs;
    assert_eq!(report.errors(), 0, "{}", report.render(&Files::default(), false));
    let Make::Stage(make) = factory.make else { panic!("`{}` is no stage", factory.kind.name) };
    let build = Build { name: "stage", ..build(&config, &inputs, &outputs) };
    make(&build).unwrap_or_else(|fault| panic!("{fault}"))
}

/// What a node with nothing special is made from: JSON, one lane, no vars, no lists, no models.
pub fn build<'a>(config: &'a Record, inputs: &'a [Option<Schema>], outputs: &'a [Schema]) -> Build<'a> {
    static STREAMS: LazyLock<Arc<StreamNames>> = LazyLock::new(Arc::default);
    static SCOPE: Scope = Scope { vars: Vec::new(), lists: Vec::new() };
    static VALUES: LazyLock<Values> = LazyLock::new(Values::default);
    static BELL: LazyLock<Bell> = LazyLock::new(Bell::silent);
    static PROCESS: LazyLock<Process> = LazyLock::new(Process::default);
    static CONDITION: LazyLock<Condition> = LazyLock::new(Condition::default);
    Build {
        pipeline: "default/test",
        node: NodeId(1),
        name: "it",
        base: Path::new("."),
        config,
        format: Format::Json,
        extra: Extra::Ignore,
        inputs,
        outputs,
        declared: &[],
        columns: &[],
        streams: &STREAMS,
        model: None,
        scope: &SCOPE,
        values: &VALUES,
        models: &NoModels,
        connections: &NoModels,
        process: &PROCESS,
        bell: &BELL,
        condition: &CONDITION,
        shards: Shards::ALL,
        keep_raw: false,
        dead_letters: false,
    }
}

/// The value of a text field.
pub fn text(text: &str) -> Value {
    Value::Text(Text { text: text.into(), verbatim: None })
}

/// What one call of a stage did.
pub struct Called {
    pub emitted: Vec<(usize, Batch)>,
    /// `seq: [code] reason` of each rejected record.
    pub rejected: Vec<String>,
    /// `seq: reason` of each absorbed record.
    pub absorbed: Vec<String>,
}

/// Pushes a batch into a stage and gives what came of it.
pub fn push_into(stage: &mut dyn Stage, port: usize, batch: Batch) -> Called {
    let mut outbox = Outbox::default();
    let pushed = stage.push(&mut Cx::new(0, &mut outbox), port, &batch);
    pushed.unwrap_or_else(|fault| panic!("the call failed: {fault}"));
    if let Some((rows, columns)) = outbox.take_added() {
        outbox.emitted.push((0, batch.with(columns).select(rows)));
    }
    called(outbox)
}

/// Runs one call without input with a context of its own.
pub fn call(run: impl FnOnce(&mut Cx<'_>) -> Result<(), crate::Fault>) -> Called {
    let mut outbox = Outbox::default();
    run(&mut Cx::new(0, &mut outbox)).unwrap_or_else(|fault| panic!("the call failed: {fault}"));
    called(outbox)
}

fn called(mut outbox: Outbox) -> Called {
    let seq = |header: &Header, row: usize| header.origin(row).seq;
    let rejected = outbox.rejects.iter();
    let absorbed = outbox.absorbed.iter();
    Called {
        rejected: rejected
            .map(|r| format!("{}: [{}] {}", seq(&r.header, r.row as usize), r.code.id, r.reason))
            .collect(),
        absorbed: absorbed
            .flat_map(|(b, reason)| {
                b.rows().iter().map(move |row| format!("{}: {reason}", seq(b.header(), row)))
            })
            .collect(),
        emitted: std::mem::take(&mut outbox.emitted),
    }
}

fn split_top(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            c if c == separator && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

fn push(col: &mut ColMut, ty: &Ty, text: &str) {
    match text {
        "-" => return col.push_absent(Presence::Missing),
        "null" => return col.push_absent(Presence::Null),
        _ => {}
    }
    match ty.inner() {
        Ty::Bool => col.push(u8::from(text == "true")),
        Ty::I8 => col.push(parse::<i8>(text)),
        Ty::I16 => col.push(parse::<i16>(text)),
        Ty::I32 | Ty::Date => col.push(parse::<i32>(text)),
        Ty::I64 | Ty::Timestamp(_) | Ty::Duration => col.push(parse::<i64>(text)),
        Ty::U8 => col.push(parse::<u8>(text)),
        Ty::U16 => col.push(parse::<u16>(text)),
        Ty::U32 => col.push(parse::<u32>(text)),
        Ty::U64 => col.push(parse::<u64>(text)),
        Ty::F32 => col.push(parse::<f32>(text)),
        Ty::F64 => col.push(parse::<f64>(text)),
        Ty::Decimal(scale) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            assert!(fraction.len() <= *scale as usize, "`{text}` has more than {scale} digits");
            let digits = format!("{whole}{fraction:0<width$}", width = *scale as usize);
            col.push(parse::<i64>(&digits));
        }
        Ty::List(item) => {
            let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).expect("a list in [ ]");
            for part in split_top(inner, ',').into_iter().filter(|part| !part.is_empty()) {
                push(col.items(), item, part);
            }
            col.end_list();
        }
        _ => col.push_str(text),
    }
}

fn parse<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no {}", std::any::type_name::<T>()))
}

/// A value as the tables write it.
pub fn cell(col: &Col, ty: &Ty, row: usize) -> String {
    match col.presence(row) {
        Presence::Null => return "null".into(),
        Presence::Missing => return "-".into(),
        Presence::Value => {}
    }
    match ty.inner() {
        Ty::Bool => (col.fixed::<u8>()[row] != 0).to_string(),
        Ty::I8 => col.fixed::<i8>()[row].to_string(),
        Ty::I16 => col.fixed::<i16>()[row].to_string(),
        Ty::I32 | Ty::Date => col.fixed::<i32>()[row].to_string(),
        Ty::I64 | Ty::Timestamp(_) | Ty::Duration => col.fixed::<i64>()[row].to_string(),
        Ty::U8 => col.fixed::<u8>()[row].to_string(),
        Ty::U16 => col.fixed::<u16>()[row].to_string(),
        Ty::U32 => col.fixed::<u32>()[row].to_string(),
        Ty::U64 => col.fixed::<u64>()[row].to_string(),
        Ty::F32 => col.fixed::<f32>()[row].to_string(),
        Ty::F64 => col.fixed::<f64>()[row].to_string(),
        Ty::Decimal(scale) => decimal(col.fixed::<i64>()[row], *scale as usize),
        Ty::List(item) => {
            let (offsets, items) = col.list();
            let range = offsets[row] as usize..offsets[row + 1] as usize;
            format!("[{}]", range.map(|at| cell(items, item, at)).collect::<Vec<_>>().join(", "))
        }
        Ty::Struct(fields) => {
            let cells = fields
                .iter()
                .zip(col.fields())
                .map(|((name, ty), col)| format!("{name}: {}", cell(col, ty, row)));
            format!("{{{}}}", cells.collect::<Vec<_>>().join(", "))
        }
        _ => String::from_utf8_lossy(col.var().get(row)).into_owned(),
    }
}

fn decimal(value: i64, scale: usize) -> String {
    let mut out = String::new();
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let _ = write!(out, "{}{whole}", if value < 0 { "-" } else { "" });
    if scale > 0 {
        let _ = write!(out, ".{fraction}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_back_as_it_was_written() {
        let schema = schema("a: i64, d: decimal(2), s: optional(string), l: list(u8)");
        let text = "a | d | s | l\n1 | -0.05 | x | [1, 2]\n2 | 12.50 | null | []\n3 | 0.00 | - | [7]";
        assert_eq!(table(&batch(&schema, text, 1), &schema), text);
    }
}

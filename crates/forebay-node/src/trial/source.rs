//! The source of a test: records as lines of JSON, read by the declared columns as every source reads them, with the
//! times that the test gives them.
//!
//! Behind the declared columns it has one more, the event time of each record, whether a column says it or the test;
//! [`give_times`] tells a plan to take it from there.

use std::collections::BTreeMap;
use std::sync::Arc;

use forebay_codec::{Extra, FieldSpec, JsonReader, RecordError};
use forebay_file::field;
use forebay_plan::Plan;
use forebay_plan::plan::EventTimePlan;
use forebay_stage::batch::{BufMut, Builder, Columns, Presence};
use forebay_stage::types::format::{EXTRA, Extra as Undeclared};
use forebay_stage::types::kind::{Facts, ONE, Role};
use forebay_stage::types::{Addr, Kind, Node, Record, Schema, Ty, Value};
use forebay_stage::{Build, Chunk, Factory, Fault, Make, Position, Read, Reader, Refused, Source, Stream};

use super::data;

pub(super) const FACTORY: Factory = Factory { kind: &KIND, make: Make::Source(make) };

/// The longest record in bytes, as everywhere.
const LIMIT: usize = 1 << 20;

/// Not one that ends: deadlines count as the pipeline says, and event time is never asked for.
pub(super) static KIND: Kind = Kind {
    name: "(records of a test)",
    role: Role::Source,
    summary: "The records that a test gives.",
    doc: "Stands in for every source while a test runs.",
    fields: &[],
    inputs: &[],
    outputs: ONE,
    facts: Facts { replayable: true, ..Facts::NONE },
    example: "",
    check: |check| check.answer.outputs = vec![Schema::default()],
};

/// A record on its way in.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub line: String,
    pub stream: Option<String>,
    /// Nanoseconds since 1970.
    pub time: Option<i64>,
    pub arrival: Option<i64>,
}

/// The configuration of a source of these records; `event_time` is the column that tells it.
pub(super) fn config(items: &[Item], event_time: Option<&str>) -> Record {
    let item = |item: &Item| {
        let mut fields = vec![("line", data::text(item.line.as_str()))];
        fields.extend(item.stream.as_deref().map(|stream| ("stream", data::text(stream))));
        fields.extend(item.time.map(|time| ("time", data::node(Value::Time(time)))));
        fields.extend(item.arrival.map(|arrival| ("arrival", data::node(Value::Time(arrival)))));
        data::node(Value::Record(Record { fields }))
    };
    let mut fields = vec![("records", data::node(Value::List(items.iter().map(item).collect())))];
    fields.extend(event_time.map(|column| ("event_time", data::text(column))));
    Record { fields }
}

fn item(node: &Node) -> Item {
    let record = node.record().expect("a record of `config`");
    Item {
        line: record.text("line").unwrap_or_default().to_string(),
        stream: record.text("stream").map(str::to_string),
        time: record.time("time"),
        arrival: record.time("arrival"),
    }
}

/// Lets the engine take event times from where the source puts them, and merge all sources by them.
pub(super) fn give_times(plan: &mut Plan) {
    for node in plan.nodes.iter_mut().filter(|node| std::ptr::eq(node.kind, &KIND)) {
        let column = node.outputs[0].adds.columns.len() as u16;
        let Some(source) = &mut node.source else { continue };
        let declared = source.event_time;
        source.event_time = Some(EventTimePlan {
            addr: Addr { group: 0, column },
            // What has no event time of its own is never behind and never ahead.
            out_of_order_ns: declared.map_or(i64::MAX, |time| time.out_of_order_ns),
            idle_after_ns: declared.map_or(i64::MAX, |time| time.idle_after_ns),
            max_ahead_ns: declared.map_or(i64::MAX, |time| time.max_ahead_ns),
        });
        source.merge_group = 0;
    }
}

fn make(build: &Build<'_>) -> Result<Box<dyn Source>, Fault> {
    // What stands without a name is one stream; it is there even without a record.
    let mut streams: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    let items: Vec<Item> = build.config.list("records").iter().map(item).collect();
    if items.is_empty() {
        streams.insert("test".into(), Vec::new());
    }
    for item in items {
        streams.entry(item.stream.clone().unwrap_or_else(|| "test".into())).or_default().push(item);
    }
    let added = build.outputs.first().map_or(&[][..], |schema| &schema.columns);
    let types: Vec<Ty> = added.iter().map(|column| column.ty.clone()).collect();
    let kept = added.iter().position(|column| column.name == EXTRA);
    let extra = match build.extra {
        Undeclared::Reject => Extra::Reject,
        _ => kept.map_or(Extra::Ignore, Extra::Keep),
    };
    let fields: Vec<FieldSpec> = build.declared.iter().map(field).collect();
    let event_column = build.config.text("event_time");
    let event_slot = build.declared.iter().find(|column| Some(column.name.as_str()) == event_column);
    let readers = streams.into_iter().map(|(name, items)| {
        let json = JsonReader::new(&fields, extra).map_err(|error| {
            Fault::fatal(error.code, format!("a default of the schema: {}", error.message))
        })?;
        let reader = Records {
            items,
            next: 0,
            arrived: None,
            json,
            columns: Builder::new(&types),
            times: Builder::new(&[Ty::I64]),
            event_slot: event_slot.and_then(|column| column.slot),
            keep_raw: build.keep_raw,
        };
        Ok(Stream::new(name, Box::new(reader)))
    });
    Ok(Box::new(Streams(readers.collect::<Result<_, Fault>>()?)))
}

struct Streams(Vec<Stream>);

impl Source for Streams {
    fn open(&mut self) -> Result<Vec<Stream>, Fault> {
        Ok(std::mem::take(&mut self.0))
    }
}

struct Records {
    items: Vec<Item>,
    next: usize,
    /// When the last record arrived.
    arrived: Option<i64>,
    json: JsonReader,
    columns: Builder,
    times: Builder,
    event_slot: Option<usize>,
    keep_raw: bool,
}

impl Records {
    fn push(&mut self, at: usize, chunk: &mut Chunk, bytes: &mut BufMut) {
        let line = self.items[at].line.as_bytes();
        let read = match line.len() {
            0..=LIMIT => self.json.read_record(line, &mut self.columns),
            longer => Err(RecordError::too_long(longer as u64, LIMIT)),
        };
        if let Err(error) = read {
            self.columns.cols().iter_mut().for_each(|col| col.push_absent(Presence::Missing));
            let reason = format!("{} (byte {} of the line)", error.message, error.at + 1);
            chunk.refused.push(Refused { row: chunk.rows() as u32, code: error.code, reason });
        }
        if self.keep_raw {
            let start = bytes.len() as u32;
            bytes.extend(line);
            chunk.raw.ranges.push((start, bytes.len() as u32));
        }
        chunk.seqs.push(at as u64 + 1);
        chunk.ends.push(at as u64 + 1);
    }

    /// Event time and arrival of each row. A record without a time comes together with the one before it.
    fn stamp(&mut self, first: usize, chunk: &mut Chunk, columns: &Columns) {
        self.times.begin();
        for row in 0..chunk.rows() {
            let item = &self.items[first + row];
            let is_read = chunk.refused.iter().all(|refused| refused.row as usize != row);
            let own =
                self.event_slot.filter(|_| is_read).map(|slot| columns.cols()[slot].fixed::<i64>()[row]);
            let event = item.time.or(own).or(item.arrival).or(self.arrived).unwrap_or(0);
            let arrival = item.arrival.unwrap_or_else(|| self.arrived.map_or(event, |last| last.max(event)));
            self.arrived = Some(arrival);
            self.times.col(0).push(event);
            chunk.arrivals.push(arrival);
        }
    }
}

impl Reader for Records {
    fn read(&mut self, _now: i64, max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
        let first = self.next;
        self.next = self.items.len().min(first + max);
        if first == self.next {
            return Ok(Read::End);
        }
        self.columns.begin();
        let mut bytes = BufMut::default();
        (first..self.next).for_each(|at| self.push(at, chunk, &mut bytes));
        let columns = self.columns.finish();
        self.stamp(first, chunk, &columns);
        let times = self.times.finish();
        let cols = columns.cols().iter().chain(times.cols()).cloned().collect();
        chunk.columns = Some(Arc::new(Columns::new(cols)));
        chunk.raw.buf = bytes.freeze();
        Ok(if self.next == self.items.len() { Read::End } else { Read::More })
    }

    fn seek(&mut self, to: Position) -> Result<(), Fault> {
        (self.next, self.arrived) = (to.offset as usize, None);
        Ok(())
    }

    fn fingerprint(&self) -> String {
        "records of a test".into()
    }
}

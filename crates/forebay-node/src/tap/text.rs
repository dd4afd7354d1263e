//! One record as JSON for people: its stream, its place there and its event time, then its columns. What is sensitive is a row
//! of dots, whatever its value, and what is very long is its length.

use std::sync::Arc;

use forebay_batch::{Batch, Header};
use forebay_codec::JsonWriter;
use forebay_stage::{Reject, StreamNames};
use serde_json::json;

use super::outlet::{Outlet, shown};

/// In place of what nobody may see.
const HIDDEN: &str = "•••";
/// Bytes of a value, at most.
const LONGEST: usize = 4_096;

pub(super) struct Writer {
    columns: Vec<Column>,
    streams: Arc<StreamNames>,
    hides_bytes: bool,
}

struct Column {
    name: String,
    /// A writer of its own; `None` for what is sensitive.
    json: Option<JsonWriter>,
}

impl Writer {
    pub fn new(outlet: &Outlet, streams: Arc<StreamNames>) -> Writer {
        let column = |column: &forebay_types::Column| {
            let own = (column.name.clone(), column.ty.clone(), column.addr);
            Column {
                name: json!(shown(&column.name)).to_string(),
                json: (!column.sensitive).then(|| JsonWriter::new(&[own])),
            }
        };
        Writer {
            columns: outlet.columns.iter().map(column).collect(),
            streams,
            hides_bytes: outlet.hides_bytes,
        }
    }

    /// A row of a batch.
    pub fn row(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) {
        self.place(batch.header(), row, out);
        for column in &self.columns {
            column.write(batch, row, out);
        }
        out.push(b'}');
    }

    /// A rejected record, with what it was read from where that is kept.
    pub fn reject(&self, node: &str, reject: &Reject, out: &mut Vec<u8>) {
        let row = reject.row as usize;
        self.place(&reject.header, row, out);
        let mut put = |name: &str, value: &str| {
            out.extend_from_slice(format!(",\"{name}\":{}", json!(value)).as_bytes());
        };
        put("code", reject.code.id);
        put("reason", &reject.reason);
        put("node", node);
        match reject.header.raw_bytes(row) {
            None => {}
            Some(_) if self.hides_bytes => put("read", HIDDEN),
            Some(raw) if raw.len() > LONGEST => put("read", &long(raw.len())),
            Some(raw) => put("read", &String::from_utf8_lossy(raw)),
        }
        out.push(b'}');
    }

    /// Where a record comes from, and when: the beginning of an object.
    fn place(&self, header: &Header, row: usize, out: &mut Vec<u8>) {
        let origin = header.origin(row);
        let named = self.streams.get(origin.stream);
        let time = jiff::Timestamp::from_nanosecond(header.times[row].event.into());
        let time = time.map_or(json!(null), |time| json!(time.to_string()));
        let text = format!(
            "{{\"_source\":{},\"stream\":{},\"_seq\":{},\"_time\":{time}",
            json!(&*named.source),
            json!(&*named.stream),
            origin.seq
        );
        out.extend_from_slice(text.as_bytes());
    }
}

impl Column {
    /// `,"name":value`, or nothing where the value is missing.
    fn write(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) {
        let start = out.len();
        let text = match &self.json {
            None => HIDDEN.to_string(),
            // An object with one field and an end of line: its brackets give way.
            Some(json) => match json.write_record(batch, row, out) {
                Err(_) => "(a value that JSON does not have)".to_string(),
                Ok(()) => {
                    out.truncate(out.len() - 2);
                    let written = out.len() - start - 1;
                    if written <= LONGEST {
                        match written {
                            0 => out.truncate(start),
                            _ => out[start] = b',',
                        }
                        return;
                    }
                    long(written)
                }
            },
        };
        out.truncate(start);
        out.extend_from_slice(format!(",{}:{}", self.name, json!(text)).as_bytes());
    }
}

fn long(bytes: usize) -> String {
    format!("({bytes} bytes)")
}

//! What reading and writing a record costs on one core: `cargo run --release -p forebay-codec --example codec_speed`.
//!
//! Each case runs many short times over the same lines and prints its fastest run, so that a busy machine disturbs it
//! less. Beside our reader and writer stand serde_json, into a struct of just these fields and back, and a plain copy of
//! the same bytes, which is what no codec can beat. A word behind `--` picks the cases that have it in their name.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use forebay_batch::{Batch, Builder, HeaderRing, Times};
use forebay_codec::{Extra, FieldSpec, JsonReader, JsonWriter, Lines, What};
use forebay_types::id::NodeId;
use forebay_types::{Addr, Epoch, Ty};
use serde::{Deserialize, Serialize};

const RECORDS: usize = 4 * BATCH;
const BATCH: usize = 1_024;
const RUNS: usize = 400;

/// 200 bytes as JSON.
const MESSAGE: &[(&str, &str)] = &[
    ("tx_id", "string"),
    ("customer_id", "u64"),
    ("terminal_id", "u64"),
    ("amount", "decimal(2)"),
    ("ts", "timestamp(ms)"),
    ("note", "string"),
];

/// The same as the peer has it: decimals and times are plain numbers to it.
#[derive(Deserialize, Serialize)]
struct Message<'a> {
    tx_id: &'a str,
    customer_id: u64,
    terminal_id: u64,
    amount: f64,
    ts: i64,
    note: &'a str,
}

const TRANSACTION: &[(&str, &str)] = &[
    ("tx_id", "string"),
    ("customer_id", "u64"),
    ("terminal_id", "u64"),
    ("amount", "decimal(2)"),
    ("ts", "timestamp(ms)"),
];

const SCORED: &[(&str, &str)] = &[
    ("tx_id", "string"),
    ("customer_id", "u64"),
    ("terminal_id", "u64"),
    ("amount", "decimal(2)"),
    ("score", "f32"),
    ("decision", "string"),
    ("rule", "optional(string)"),
    ("ts", "timestamp(ms)"),
];

const PARTS: &[(&str, &str)] =
    &[("id", "u64"), ("name", "optional(string)"), ("tags", "list(string)"), ("sizes", "list(i32)")];

fn main() {
    let messages = lines(|at| {
        format!(
            "{{\"tx_id\":\"t{:010}\",\"customer_id\":{},\"terminal_id\":{},\"amount\":{}.{:02},\"ts\":{},\
             \"note\":\"{}\"}}\n",
            at + 1,
            at * 7_919 % 5_000,
            at % 100,
            at % 500,
            at % 100,
            1_767_225_600_000 + at * 7,
            "x".repeat(100)
        )
    });
    let transactions = lines(|at| {
        let (customer, terminal, cents) = (at * 7_919 % 5_000, at * 104_729 % 10_000, at * 7 % 100);
        let amount = at * 31 % 500;
        let ts = 1_767_225_600_000 + at * 37;
        format!(
            "{{\"tx_id\":\"{:016x}\",\"customer_id\":{customer},\"terminal_id\":{terminal},\
             \"amount\":{amount}.{cents:02},\"ts\":{ts}}}\n",
            (at * 2_654_435_761) as u64
        )
    });
    let scored = lines(|at| {
        let score = at as f32 % 997.0 / 997.0;
        format!(
            "{{\"tx_id\":\"{at:06x}\",\"customer_id\":{at},\"terminal_id\":{},\"amount\":12.50,\"score\":{score},\
             \"decision\":\"approve\",\"rule\":null,\"ts\":1767225600000}}\n",
            at % 10_000
        )
    });
    let times = lines(|at| {
        format!("{{\"at\":\"2026-01-{:02}T{:02}:00:00.5Z\",\"day\":\"2026-01-31\"}}\n", at % 28 + 1, at % 24)
    });
    let escaped = lines(|at| format!("{{\"text\":\"line {at}\\nsaid \\\"yes\\\" and went\\n\"}}\n"));
    let foreign = lines(|at| format!("{{\"text\":\"Zahl {at}: größer, weiß, Straße, 東京, naïve café\"}}\n"));
    let parts = lines(|at| {
        format!(
            "{{\"id\":{at},\"tags\":[\"red\",\"large\"],\"sizes\":[1,20,{at}],\"extra\":{{\"a\":[1,2]}}}}\n"
        )
    });
    let text_field = &[("text", "string")];
    let time_fields = &[("at", "timestamp"), ("day", "date")];
    case("copy a message", messages.len(), || copy(&messages));
    read("read 6 fields of a message", MESSAGE, &messages);
    case("serde_json reads a message", messages.len(), || peer_read(&messages));
    write("write 6 fields of a message", MESSAGE, &messages);
    peer_write("serde_json writes a message", &messages);
    case("cut lines", transactions.len(), || cut(&transactions));
    read("read 5 fields of a transaction", TRANSACTION, &transactions);
    read("read 8 fields of a decision", SCORED, &scored);
    read("read 1 of 5 fields, the rest undeclared", &TRANSACTION[4..], &transactions);
    read("read RFC 3339 and a date", time_fields, &times);
    read("read a text with escapes", text_field, &escaped);
    read("read a text of many languages", text_field, &foreign);
    read("read lists and what is missing", PARTS, &parts);
    write("write 5 fields of a transaction", TRANSACTION, &transactions);
    write("write 8 fields of a decision", SCORED, &scored);
    write("write a text with escapes", text_field, &escaped);
    write("write a text of many languages", text_field, &foreign);
    write("write lists and what is missing", PARTS, &parts);
    write("write RFC 3339 and a date", time_fields, &times);
}

fn lines(line: impl Fn(usize) -> String) -> Vec<u8> {
    (0..RECORDS).map(line).collect::<String>().into_bytes()
}

fn case(name: &str, bytes: usize, mut run: impl FnMut()) {
    if std::env::args().nth(1).is_some_and(|word| !name.contains(&word)) {
        return;
    }
    let fastest = (0..RUNS).map(|_| timed(&mut run)).fold(f64::INFINITY, f64::min);
    let nanos = fastest * 1e9 / RECORDS as f64;
    let rate = bytes as f64 / fastest / 1e6;
    println!("{name:42} {nanos:7.1} ns/record {rate:8.1} MB/s");
}

fn timed(run: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}

fn cut(text: &[u8]) {
    let mut lines = Lines::new(256 << 10, 1 << 20);
    let mut rest = text;
    while !rest.is_empty() {
        while let Some(cut) = lines.next_cut() {
            black_box(cut);
        }
        let space = lines.space();
        let size = space.len().min(rest.len());
        space[..size].copy_from_slice(&rest[..size]);
        lines.filled(size);
        rest = &rest[size..];
    }
    while let Some(cut) = lines.next_cut() {
        assert!(matches!(cut.what, What::Line { .. }));
    }
}

fn copy(text: &[u8]) {
    let mut out = Vec::with_capacity(BATCH * 512);
    let (mut rest, mut at) = (text, 0);
    while let Some(end) = memchr::memchr(b'\n', rest) {
        out.extend_from_slice(&rest[..=end]);
        clear_sometimes(at, &mut out);
        (rest, at) = (&rest[end + 1..], at + 1);
    }
}

fn clear_sometimes(at: usize, out: &mut Vec<u8>) {
    if at % BATCH == BATCH - 1 {
        black_box(&out);
        out.clear();
    }
}

fn peer_read(text: &[u8]) {
    let mut rest = text;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let message: Message<'_> = serde_json::from_slice(&rest[..end]).expect("a good record");
        black_box(message);
        rest = &rest[end + 1..];
    }
}

fn peer_write(name: &str, text: &[u8]) {
    let lines = text.split(|byte| *byte == b'\n').take(BATCH);
    let messages: Vec<Message<'_>> =
        lines.map(|line| serde_json::from_slice(line).expect("a good record")).collect();
    let mut out = Vec::new();
    case(name, text.len(), || {
        for at in 0..RECORDS {
            serde_json::to_writer(&mut out, &messages[at % BATCH]).expect("every value has JSON");
            out.push(b'\n');
            clear_sometimes(at, &mut out);
        }
    });
}

fn types(fields: &[(&str, &str)]) -> Vec<Ty> {
    fields.iter().map(|(_, ty)| Ty::parse(ty).expect("a type")).collect()
}

fn reader(fields: &[(&str, &str)]) -> (JsonReader, Builder) {
    let types = types(fields);
    let spec = |(slot, ((name, _), ty)): (usize, (&(&str, &str), &Ty))| FieldSpec {
        name: name.to_string(),
        ty: ty.clone(),
        default: None,
        slot: Some(slot),
        sensitive: false,
    };
    let specs: Vec<FieldSpec> = fields.iter().zip(&types).enumerate().map(spec).collect();
    (JsonReader::new(&specs, Extra::Ignore).expect("a schema"), Builder::new(&types))
}

fn read(name: &str, fields: &[(&str, &str)], text: &[u8]) {
    let (mut reader, mut builder) = reader(fields);
    case(name, text.len(), || {
        builder.begin();
        let mut rest = text;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            reader.read_record(line, &mut builder).expect("a good record");
            if builder.rows() == BATCH {
                black_box(builder.finish());
                builder.begin();
            }
        }
    });
}

fn write(name: &str, fields: &[(&str, &str)], text: &[u8]) {
    let (mut reader, mut builder) = reader(fields);
    builder.begin();
    let mut headers = HeaderRing::default();
    let mut header = headers.take(NodeId(0), Epoch(0));
    for line in text.split(|byte| *byte == b'\n').take(BATCH) {
        reader.read_record(line, &mut builder).expect("a good record");
        Arc::get_mut(&mut header).expect("held once").push(0, Times::default());
    }
    let batch = Batch::new(headers.share(header), builder.finish());
    let addr = |column: usize| Addr { group: 0, column: column as u16 };
    let columns: Vec<(String, Ty, Addr)> = fields
        .iter()
        .zip(types(fields))
        .enumerate()
        .map(|(at, ((name, _), ty))| (name.to_string(), ty, addr(at)))
        .collect();
    let writer = JsonWriter::new(&columns);
    let mut out = Vec::new();
    case(name, text.len(), || {
        for at in 0..RECORDS {
            writer.write_record(&batch, at % BATCH, &mut out).expect("every value has JSON");
            clear_sometimes(at, &mut out);
        }
    });
}

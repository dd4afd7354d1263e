//! What reading and writing a record costs on one core: `cargo run --release -p forebay-codec --example codec_speed`.
//!
//! Each case runs several times over the same lines and prints its fastest run, so that a busy machine disturbs it
//! less. A word behind `--` picks the cases that have it in their name.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use forebay_batch::{Batch, Builder, HeaderRing, Times};
use forebay_codec::{Extra, FieldSpec, JsonReader, JsonWriter, Lines, What};
use forebay_types::id::NodeId;
use forebay_types::{Addr, Epoch, Ty};

const RECORDS: usize = 200_000;
const BATCH: usize = 1_024;
const RUNS: usize = 15;

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

fn main() {
    let transactions = lines(|at| {
        let (customer, terminal, cents) = (at * 7_919 % 5_000, at * 104_729 % 10_000, at * 7 % 100);
        let amount = at * 31 % 500;
        let ts = 1_767_225_600_000 + at * 37;
        format!(
            "{{\"tx_id\":\"{:06x}\",\"customer_id\":{customer},\"terminal_id\":{terminal},\
             \"amount\":{amount}.{cents:02},\"ts\":{ts}}}\n",
            at * 2_654_435_761 % 0xff_ffff
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
    let time_fields = &[("at", "timestamp"), ("day", "date")];
    case("cut lines", transactions.len(), || cut(&transactions));
    case("read 5 fields of a transaction", transactions.len(), || read(TRANSACTION, &transactions));
    case("read 8 fields of a decision", scored.len(), || read(SCORED, &scored));
    case("read 1 of 5 fields, the rest undeclared", transactions.len(), || {
        read(&TRANSACTION[4..], &transactions)
    });
    case("read RFC 3339 and a date", times.len(), || read(time_fields, &times));
    write("write 5 fields of a transaction", TRANSACTION, &transactions);
    write("write 8 fields of a decision", SCORED, &scored);
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

fn read(fields: &[(&str, &str)], text: &[u8]) {
    let (mut reader, mut builder) = reader(fields);
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
            if at % BATCH == BATCH - 1 {
                black_box(&out);
                out.clear();
            }
        }
    });
}

//! What reading and writing files costs on one core: `cargo run --release -p forebay-file --example file_speed`.
//!
//! The files lie in memory-backed pages of the system, so this is the cost of the code and not of a disk. Each case
//! prints the fastest of its runs.

#[allow(dead_code, reason = "the tests use the rest of it")]
#[path = "../tests/it/support.rs"]
mod support;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use forebay_file::testing::Faults;
use forebay_stage::batch::Batch;
use forebay_stage::types::Epoch;
use forebay_stage::{Chunk, OwnColumn, Read};
use support::{How, packed, push, reader, sink_of};

const RECORDS: usize = 1_000_000;
const BATCH: usize = 1_024;
const RUNS: usize = 5;
const TRANSACTION: &str =
    "tx_id: string, customer_id: u64, terminal_id: u64, amount: decimal(2), ts: timestamp(ms)";
const SCORED: &str = "tx_id: string, customer_id: u64, terminal_id: u64, amount: decimal(2), ts: timestamp(ms), \
                      score: f32, decision: string, rule: optional(string)";

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines: String = (0..RECORDS).map(transaction).collect();
    for name in ["tx.jsonl", "tx.jsonl.gz", "tx.jsonl.zst"] {
        fs::write(folder.path().join(name), packed(name, lines.as_bytes())).expect("room");
        case(&format!("read 5 fields, {name}"), || read(folder.path(), name, false, lines.len()));
    }
    case("read 5 fields, tx.jsonl, original bytes kept", || {
        read(folder.path(), "tx.jsonl", true, lines.len())
    });
    let schema = forebay_stage::testing::schema(SCORED);
    let rows: Vec<String> = (0..BATCH).map(scored).collect();
    let head = "@event | tx_id | customer_id | terminal_id | amount | ts | score | decision | rule";
    let batch = forebay_stage::testing::batch(&schema, &format!("{head}\n{}", rows.join("\n")), 1);
    for name in ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst"] {
        case(&format!("write 8 columns, {name}"), || write(folder.path(), name, &[], &batch));
    }
    for own in [OwnColumn::Stream, OwnColumn::Seq, OwnColumn::Time, OwnColumn::Late] {
        let name = format!("write 8 columns and {}, out.jsonl", own.name());
        case(&name, || write(folder.path(), "out.jsonl", &[own], &batch));
    }
}

fn transaction(at: usize) -> String {
    let (customer, terminal, cents) = (at * 7_919 % 5_000, at * 104_729 % 10_000, at * 7 % 100);
    format!(
        "{{\"tx_id\":\"{:06x}\",\"customer_id\":{customer},\"terminal_id\":{terminal},\"amount\":{}.{cents:02},\"ts\":{}}}\n",
        at * 2_654_435_761 % 0xff_ffff,
        at * 31 % 500,
        1_767_225_600_000 + at * 37
    )
}

fn scored(at: usize) -> String {
    let score = at as f32 % 997.0 / 997.0;
    let rule = if at.is_multiple_of(10) { "blocked" } else { "null" };
    format!(
        "{at} | {:06x} | {} | {} | {}.50 | {at} | {score} | approve | {rule}",
        at * 7_919,
        at % 5_000,
        at % 997,
        at
    )
}

/// Times something that gives the bytes that it read or wrote.
fn case(name: &str, mut run: impl FnMut() -> usize) {
    let (mut fastest, mut bytes) = (f64::INFINITY, 0);
    for _ in 0..RUNS {
        let start = Instant::now();
        bytes = run();
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    let rate = RECORDS as f64 / fastest;
    println!(
        "{name:46} {:7.1} ns/record {rate:11.0} records/s {:7.1} MB/s",
        1e9 / rate,
        bytes as f64 / fastest / 1e6
    );
}

fn read(folder: &Path, name: &str, keep_raw: bool, bytes: usize) -> usize {
    let how = How { columns: TRANSACTION, keep_raw };
    let mut reader = reader(folder, &format!("{{ path: {name} }}"), &how);
    let mut chunk = Chunk::default();
    let mut rows = 0;
    loop {
        let read = reader.read(0, BATCH, &mut chunk).expect("a good file");
        rows += black_box(&chunk).rows();
        chunk.clear();
        if read == Read::End {
            break;
        }
    }
    assert_eq!(rows, RECORDS);
    bytes
}

/// Gives the bytes of the file.
fn write(folder: &Path, name: &str, own: &[OwnColumn], batch: &Batch) -> usize {
    let spec = format!("{{ path: DIR/{name} }}");
    let mut sink = sink_of(folder, &spec, SCORED, own, &Faults::default()).expect("a sink");
    for _ in 0..RECORDS / BATCH {
        push(sink.as_mut(), batch).expect("room");
    }
    sink.seal(Epoch(1), true).expect("room");
    sink.committed(Epoch(1)).expect("a name");
    let path = folder.join(name);
    let bytes = fs::metadata(&path).expect("a file").len();
    fs::remove_file(path).expect("a file");
    bytes as usize
}

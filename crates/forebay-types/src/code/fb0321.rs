//! Deadlines count from a time that the source does not have.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0321",
    title: "deadlines count from a time that the source does not have",
    text: "\
A deadline counts from `arrival` (when Forebay read the record), `event_time` (the column that the source names) or
`produced` (the record's Kafka timestamp, which records of a file do not have).",
    examples: &[Example {
        wrong: "\
slo: { deadline: 1s, from: event_time }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
slo: { deadline: 1s, from: arrival }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

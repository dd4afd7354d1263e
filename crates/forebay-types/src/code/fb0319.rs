//! The event time is no timestamp.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0319",
    title: "the event time is no timestamp",
    text: "\
The event time is a `timestamp` (RFC 3339 text with a zone) or `timestamp(s)`, `(ms)`, `(us)`, `(ns)` (a number). It cannot
be optional: where a record has none, it is rejected.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, ts: i64 }, event_time: ts } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, ts: timestamp(ms) }, event_time: ts } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

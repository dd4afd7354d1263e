//! State by key over records without an event time.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0320",
    title: "state by key over records without an event time",
    text: "\
State by key goes by event time: what falls into a window is decided by when it happened, not by when it was read, so
that a second run gives the same answers. The records of a file have a time only where a column says so.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { key: u64, ts: timestamp } } }
stages: { seen: { input: tx, window_features: { by: key, windows: [1d], emit: { seen: count() } } } }
sinks: { out: { input: seen, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { key: u64, ts: timestamp }, event_time: ts } }
stages: { seen: { input: tx, window_features: { by: key, windows: [1d], emit: { seen: count() } } } }
sinks: { out: { input: seen, file: { path: out.jsonl } } }",
    }],
};

//! A required input is not filled.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0307",
    title: "a required input is not filled",
    text: "\
The node cannot work without this input, and the map under `input` does not name it. What stands under `input` without
a map is `main`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, key: u64, ts: timestamp }, event_time: ts } }
stages: { seen: { input: { labels: tx }, window_features: { by: key, windows: [1d], emit: { seen: count() } } } }
sinks: { out: { input: seen, file: { path: out.jsonl }, columns: [_seq] } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, key: u64, ts: timestamp }, event_time: ts } }
stages: { seen: { input: { main: tx }, window_features: { by: key, windows: [1d], emit: { seen: count() } } } }
sinks: { out: { input: seen, file: { path: out.jsonl }, columns: [_seq] } }",
    }],
};

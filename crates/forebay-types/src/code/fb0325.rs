//! Inputs that meet by key have keys of different types.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0325",
    title: "inputs that meet by key have keys of different types",
    text: "\
Records of several inputs of one stage meet where their key lives. That is decided by the value of the key, so the key
columns have the same type on each input.",
    examples: &[Example {
        wrong: "\
sources:
  tx: { file: { path: in.jsonl }, schema: { id: string, key: u64, ts: timestamp }, event_time: ts }
  back: { file: { path: back.jsonl }, schema: { id: string, key: string, fraud: bool, ts: timestamp }, event_time: ts }
stages:
  seen:
    input: { main: tx, labels: back }
    window_features: { by: key, windows: [1d], labels: { by: id, unknown: { fraud: false } }, emit: { risk: share(fraud) } }
sinks: { out: { input: seen, file: { path: out.jsonl } } }",
        right: "\
sources:
  tx: { file: { path: in.jsonl }, schema: { id: string, key: u64, ts: timestamp }, event_time: ts }
  back: { file: { path: back.jsonl }, schema: { id: string, key: u64, fraud: bool, ts: timestamp }, event_time: ts }
stages:
  seen:
    input: { main: tx, labels: back }
    window_features: { by: key, windows: [1d], labels: { by: id, unknown: { fraud: false } }, emit: { risk: share(fraud) } }
sinks: { out: { input: seen, file: { path: out.jsonl } } }",
    }],
};

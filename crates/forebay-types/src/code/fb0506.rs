//! Answering on the watermark is not there yet.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0506",
    title: "answering on the watermark is not there yet",
    text: "\
`answer: on_watermark` holds each record back until everything older has been seen, and so equals sorted input. For now
stages answer on arrival: from all records of the log up to this one.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { key: u64, ts: timestamp }, event_time: ts } }
stages: { seen: { input: tx, window_features: { by: key, windows: [1d], emit: { seen: count() }, answer: on_watermark } } }
sinks: { out: { input: seen, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { key: u64, ts: timestamp }, event_time: ts } }
stages: { seen: { input: tx, window_features: { by: key, windows: [1d], emit: { seen: count() }, answer: on_arrival } } }
sinks: { out: { input: seen, file: { path: out.jsonl } } }",
    }],
};

//! PoPs without a file.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0604",
    title: "there is no such PoP",
    text: "\
A PoP is described in `configs/pops/NAME.yaml` in the nearest `configs/` upwards of the pipeline.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
stages: { more: { input: tx, set: { b: 1 } } }
sinks: { out: { input: more, file: { path: out.jsonl } } }
placement: { stages: { more: { pops: [nowhere] } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
stages: { more: { input: tx, set: { b: 1 } } }
sinks: { out: { input: more, file: { path: out.jsonl } } }
placement: { stages: { more: { gpu: true } } }",
    }],
};

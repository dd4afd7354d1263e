//! One name space for all nodes.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0211",
    title: "two nodes of one name",
    text: "\
Sources, stages and sinks share one name space, so that `input: NAME`, metrics and messages are clear. Rename one.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { tx: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

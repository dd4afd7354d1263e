//! Names of outputs.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0213",
    title: "not the name of an output",
    text: "\
An output is `NAME`, or `NAME.PORT` of a node with several, such as `tx.rejected`. Several stand in a list, which is their union.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: \"tx, rejected\", file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: [tx, tx.rejected], file: { path: out.jsonl } } }",
    }],
};

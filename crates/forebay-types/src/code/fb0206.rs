//! Nodes that do nothing.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0206",
    title: "a node without a kind",
    text: "\
Exactly one key of a node names what it does, its kind. Here stand only fields that belong beside a kind. `forebay kinds`
lists all kinds.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

//! Schemas that lie elsewhere.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0214",
    title: "not a schema",
    text: "\
`schema` is a map of columns, the path of a `.avsc`, `.proto` or JSON Schema (`.json`) file, or `registry:SUBJECT@VERSION`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: registry:tx } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: \"registry:tx@3\" } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

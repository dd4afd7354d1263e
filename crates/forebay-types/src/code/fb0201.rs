//! A field that nobody knows.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0201",
    title: "unknown field",
    text: "\
A key stands where no field of that name exists. Either the name is misspelt, or the field belongs to another
level: fields of a kind stand inside the kind, and only a few (`input`, `where`, `on_late`, `format`, `schema`
and so on) stand beside it. `forebay kinds NAME` lists the fields of a kind, `forebay schema` all of them.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl, ratee: 5/s }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl, rate: 5/s }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

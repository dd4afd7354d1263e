//! One value for all streams.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0143",
    title: "`${stream:…}` in a field that is not per stream",
    text: "\
`${stream:COLUMN}` stands for another value in each stream and so only in fields marked *per stream* (`forebay kinds NAME`).
This field has one value for the whole pipeline.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: \"${stream:id}.jsonl\" }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: \"in.jsonl\" }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

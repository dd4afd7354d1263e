//! Two keys of one name.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0108",
    title: "a key stands twice in a map",
    text: "\
Readers of YAML differ in which of the two counts, so neither does. Keep one. Nodes that do the same need names of their
own.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

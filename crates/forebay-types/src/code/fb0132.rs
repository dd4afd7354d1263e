//! Lists and texts with nothing in them.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0132",
    title: "nothing where something is needed",
    text: "\
The field is there and holds nothing: an `input` without a name, a schema without a column, a text without a letter, a
pipeline without a source or a sink.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: [], file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

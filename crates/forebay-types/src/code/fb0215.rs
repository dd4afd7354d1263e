//! Columns that hold columns.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0215",
    title: "a struct or list that is not complete",
    text: "\
A struct says `fields: { NAME: TYPE }`, a list `items: TYPE` (or, short, `list(TYPE)`); each goes with its own type only.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: { type: struct } } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: { type: struct, fields: { b: i64 } } } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

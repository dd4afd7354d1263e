//! A line that belongs to no level.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0103",
    title: "wrong indentation",
    text: "\
The line begins in a column in which nothing before it began, so it belongs to no map and no list. All fields of one
map begin in the same column, and so do the items of one list.",
    examples: &[
        Example {
            wrong: "\
sources:
    tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } }
  sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

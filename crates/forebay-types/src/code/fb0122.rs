//! Fields without a value.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0122",
    title: "a field without a value",
    text: "\
A field that is written has a value. Leave the field out for its default, write `{}` for a map in which all defaults are
right, `\"\"` for an empty text and `[]` for an empty list. Only data (tests, defaults, `set`) may be null.",
    examples: &[
        Example {
            wrong: "\
slo:
  deadline:
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
slo:
  deadline: 200ms
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

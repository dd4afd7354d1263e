//! A value of another form.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0121",
    title: "a value of the wrong form",
    text: "\
A list stands where a map is expected, a number where a text, and so on. A text that looks like a number or a bool stands
in quotes (`\"3\"`). Where a list is expected, one item may stand alone.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: in.jsonl, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

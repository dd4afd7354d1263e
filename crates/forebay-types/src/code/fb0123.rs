//! Numbers and bools in quotes.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0123",
    title: "quotes make a text of it",
    text: "\
Quotes make a text, and the field takes a number, or `true` or `false`. Remove the quotes. Only `\"${var:NAME}\"` is read as what
the var holds.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: { type: i64, sensitive: \"true\" } } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: { type: i64, sensitive: true } } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

//! One word out of a few.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0127",
    title: "a word that the field does not take",
    text: "\
The field takes one word out of a list, which the message shows. `forebay schema` and `forebay kinds NAME` say what each
means.",
    examples: &[
        Example {
            wrong: "\
delivery: exactly-once
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
delivery: exactly_once
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

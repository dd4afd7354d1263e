//! Formats of times.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0145",
    title: "not a format of a time",
    text: "\
`${time:FORMAT}` takes `%Y %m %d %H %M %S` and plain text between them, such as `${time:%Y-%m-%dT%H}`. The time is UTC.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out-${time:yyyy}.jsonl\" } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out-${time:%Y}.jsonl\" } } }",
    }],
};

//! Fields without which it does not work.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0203",
    title: "a field is missing",
    text: "\
The field has no default, so it has to be written. The message says what it does and what it takes.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { rate: 5/s }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl, rate: 5/s }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

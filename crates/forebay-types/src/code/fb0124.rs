//! Numbers outside of what a field takes.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0124",
    title: "a number out of range",
    text: "\
The number is smaller or larger than the field can be. The message says from where to where it goes.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement: { prefer: { money: -1 } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement: { prefer: { money: 1 } }",
    }],
};

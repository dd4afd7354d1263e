//! Columns that are Forebay's own.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0216",
    title: "a reserved column name",
    text: "\
`stream` and names that begin with `_` (`_seq`, `_time`, `_late`, …) are Forebay's own and are there in every record. Take the
field under another name: `user_time: { type: timestamp, from: _time }`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { _time: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { user_time: { type: timestamp, from: _time } } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

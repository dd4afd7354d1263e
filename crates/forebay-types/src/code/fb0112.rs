//! Keys that are no names.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0112",
    title: "a key that is not a text",
    text: "\
A key is the name of a field or of something of yours. A list, a map, a number, `true` or nothing at all is none. A name
that only looks like one of these stands in quotes (`\"7\"`).",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } }, 7: { input: tx, file: { path: b.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } }, b7: { input: tx, file: { path: b.jsonl } } }",
        },
    ],
};

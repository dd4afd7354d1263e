//! When a file is full.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0644",
    title: "not a way to rotate",
    text: "\
`rotate` says when the next file begins: after a time (`1h`, `1d`; at least `1s`) or at a size (`64MiB`; at least `1KiB`).",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out-${time:%Y}.jsonl\", rotate: 5min } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out-${time:%Y-%m-%dT%H-%M}.jsonl\", rotate: 5m } } }",
        },
    ],
};

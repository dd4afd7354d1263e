//! Aliases that lead nowhere.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0107",
    title: "an alias without its anchor",
    text: "\
`*NAME` repeats the value at `&NAME`, which has to stand before it in the same file and cannot hold the alias itself.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: *columns } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: &columns { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

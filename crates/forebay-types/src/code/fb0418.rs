//! Lists of the pipeline as values.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0418",
    title: "a list of `lists` is no value",
    text: "\
`lists.NAME` is a set that is read from a file and may change while the pipeline runs. The only question to it is whether it holds a
value: `x in lists.NAME`.",
    examples: &[Example {
        wrong: "\
lists: { blocked: { file: blocked.csv, column: a, type: u64 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: u64 } } }
sinks: { out: { input: tx, where: \"lists.blocked == a\", file: { path: out.jsonl } } }",
        right: "\
lists: { blocked: { file: blocked.csv, column: a, type: u64 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: u64 } } }
sinks: { out: { input: tx, where: \"a in lists.blocked\", file: { path: out.jsonl } } }",
    }],
};

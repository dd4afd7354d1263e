//! Keys that YAML 1.1 reads otherwise.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0114",
    title: "a key that YAML 1.1 reads otherwise",
    text: "\
`y`, `n`, `on`, `off`, `yes` and `no` are bools to YAML 1.1, which kubectl reads, also where they are keys. Put the key in double
quotes.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { x: i64, y: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { x: i64, \"y\": i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

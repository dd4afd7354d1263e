//! Paths that name no file.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0641",
    title: "a path that names no file",
    text: "\
The `file` source reads files, and the `file` sink writes one file at a time. A path that ends in `/` is a folder: to read all files in it, write a
glob (`data/*.jsonl`). A path that is written is no glob: what tells several files apart is `rotate` with `${time:FORMAT}`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: data/ }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: data/*.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out/*.jsonl\" } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out/all.jsonl } } }",
        },
    ],
};

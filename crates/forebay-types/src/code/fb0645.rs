//! Names of files that follow each other.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0645",
    title: "files that would have the same name",
    text: "\
With `rotate: 1h` a new file begins each hour, and the path has to tell the hours apart for ever: `out/${time:%Y-%m-%dT%H}.jsonl`. `%H` alone comes
back the next day. With a size (`rotate: 64MiB`) files are numbered by themselves.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl, rotate: 1d } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out-${time:%Y-%m-%d}.jsonl\", rotate: 1d } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out-${time:%H}.jsonl\", rotate: 1h } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out-${time:%Y-%m-%dT%H}.jsonl\", rotate: 1h } } }",
        },
    ],
};

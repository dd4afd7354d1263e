//! `${…}` that names nothing.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0140",
    title: "`${…}` that cannot be filled in",
    text: "\
There are `${secret:N}`, `${var:N}`, `${stream:COLUMN}` and `${time:FORMAT}`, inside values only. The environment of the process is
not read: declare a var under `spec.vars` and give it with `--set vars.NAME=…`. `$${` is the text `${`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"${HOME}/out.jsonl\" } } }",
            right: "\
vars: { home: { type: string, default: /tmp } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"${var:home}/out.jsonl\" } } }",
        },
    ],
};

//! Times outside of written paths.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0144",
    title: "`${time:…}` outside of a path that is written",
    text: "\
`${time:FORMAT}` is the time at which an output file begins, so it stands in paths that are written (with `rotate`) and
nowhere else.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: \"${time:%Y}.jsonl\" }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: \"2026.jsonl\" }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

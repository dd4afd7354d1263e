//! Secrets where they would be seen.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0142",
    title: "a secret in a field that is not secret",
    text: "\
`${secret:N}` stands only in fields marked secret (`forebay kinds NAME`): passwords, keys, passphrases. Everything else is
printed by `plan`, logged and kept in records.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"${secret:FOLDER}/a.jsonl\" } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"folder/a.jsonl\" } } }",
        },
    ],
};

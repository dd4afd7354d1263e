//! `${var:N}` without a var.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0141",
    title: "`${var:N}` names no var",
    text: "\
Vars are declared under `spec.vars` with type and default. What is filled in is one text, number or bool; a list or a value
that itself holds `${…}` cannot be.",
    examples: &[
        Example {
            wrong: "\
vars: { folder: { type: string, default: out } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"${var:foldr}/a.jsonl\" } } }",
            right: "\
vars: { folder: { type: string, default: out } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"${var:folder}/a.jsonl\" } } }",
        },
    ],
};

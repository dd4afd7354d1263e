//! Values inside values inside values.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0115",
    title: "lists and maps stand too deep in each other",
    text: "\
At most 64 lists and maps stand in each other. No pipeline needs more; most often a bracket was opened once too often.",
    examples: &[
        Example {
            wrong: "\
vars: { x: { type: i64, default: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
vars: { x: { type: i64, default: 1 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

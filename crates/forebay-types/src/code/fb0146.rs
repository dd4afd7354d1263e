//! Pasting into expressions.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0146",
    title: "`${…}` inside an expression",
    text: "\
Nothing is pasted into an expression: the result could be something else than was meant, and its types could not be
checked. Write `vars.NAME` for a var, `lists.NAME` for a list, and the column itself for `${stream:COLUMN}`.",
    examples: &[
        Example {
            wrong: "\
vars: { limit: { type: i64, default: 5 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a > ${var:limit}\", file: { path: out.jsonl } } }",
            right: "\
vars: { limit: { type: i64, default: 5 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a > vars.limit\", file: { path: out.jsonl } } }",
        },
    ],
};

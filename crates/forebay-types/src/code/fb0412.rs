//! Expressions of another type than is wanted.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0412",
    title: "the expression gives another type than is wanted",
    text: "\
`where` and `when` want a bool; a column that is set in several places has one type. The expression reads and means
something, but something else than that place can take.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a + 1\", file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a + 1 > 0\", file: { path: out.jsonl } } }",
    }],
};

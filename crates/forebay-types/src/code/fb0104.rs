//! Brackets and quotes that do not match.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0104",
    title: "a bracket or quote is not closed",
    text: "\
A `[`, `{`, `\"` or `'` has no partner, or `,` is missing inside brackets. Inside `{ }` and `[ ]` a text that holds any of
`, : # ? [ ] { }` has to stand in double quotes, expressions above all.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: a > 0 ? true : false, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a > 0 ? true : false\", file: { path: out.jsonl } } }",
        },
    ],
};

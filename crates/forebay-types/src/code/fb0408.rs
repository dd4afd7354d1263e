//! Operators and functions on types that they do not know.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0408",
    title: "an operator or function does not take this type",
    text: "\
Each operator and function works on certain types: `&&`, `||`, `!` and the left side of `?` on bools, `-` on numbers and durations,
`in` on lists, `contains` on texts, `getHours` on timestamps, and so on. The message says which, and what was found.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64, b: bool } } }
sinks: { out: { input: tx, where: \"a && b\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64, b: bool } } }
sinks: { out: { input: tx, where: \"a > 0 && b\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a.getHours() < 6\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"timestamp(a).getHours() < 6\", file: { path: out.jsonl } } }",
        },
    ],
};

//! Operators of other languages.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0403",
    title: "an operator of another language",
    text: "\
The sign or word is an operator elsewhere and not here. Comparing is `==` and `!=`, joining conditions `&&` and `||`, turning one
around `!`; being in a list is `in`; comparing with null is `x == null`. There is no power and no bit arithmetic.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a = 1\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a == 1\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64, b: bool } } }
sinks: { out: { input: tx, where: \"a > 1 and b\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64, b: bool } } }
sinks: { out: { input: tx, where: \"a > 1 && b\", file: { path: out.jsonl } } }",
        },
    ],
};

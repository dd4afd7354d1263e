//! An expression that does not read.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0401",
    title: "the expression does not read",
    text: "\
Something stands where it cannot stand: a value is missing beside an operator, two values stand side by side, a sign has
no meaning in expressions, a number has letters in it. The mark shows the first place at which the reading stopped.
Expressions are CEL without macros: names, numbers, texts in quotes, lists `[a, b]`, operators and functions.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a > \", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a > 0\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: duration } } }
sinks: { out: { input: tx, where: \"a > 5s\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: duration } } }
sinks: { out: { input: tx, where: \"a > duration('5s')\", file: { path: out.jsonl } } }",
        },
    ],
};

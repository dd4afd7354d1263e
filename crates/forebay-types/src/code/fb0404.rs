//! Expressions that are nested too deep.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0404",
    title: "the expression is nested too deep",
    text: "\
An expression may be nested 100 deep; a chain of operators of one sort counts each of them. A long chain of `x == a || x == b` is
`x in [a, b]`, or a list in a file and `x in lists.NAME`; other long expressions are parts that deserve a name in a `set` before.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"--------------------------------------------------------------------------------------------------------------a > 0\", file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a > 0\", file: { path: out.jsonl } } }",
    }],
};

//! Brackets and quotes that have no partner.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0402",
    title: "a bracket or quote has no partner",
    text: "\
A bracket or a quote is opened and not closed, or closed and not opened. The mark stands at the one that has no partner.
A quote inside a text is written `\\'` or `\\\"`, or the text stands in quotes of the other sort.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"(a > 0 || a < -5\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"(a > 0) || a < -5\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a == 'x\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a == 'x'\", file: { path: out.jsonl } } }",
        },
    ],
};

//! Names with a meaning.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0212",
    title: "a reserved name",
    text: "\
`rejected` is all that nodes reject, `vars` and `lists` begin names in expressions and `stream` is a column of every record, so no
node can be called so.",
    examples: &[
        Example {
            wrong: "\
sources: { stream: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: stream, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

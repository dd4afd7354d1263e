//! Names that nobody knows.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0405",
    title: "there is no such column, var or list",
    text: "\
An expression names columns of its input, vars as `vars.NAME` and lists as `lists.NAME`. Either the name is misspelt, or the
column was not carried so far (a stage that merges or splits says what it keeps), or it is a text and stands in quotes.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: i64 } } }
sinks: { out: { input: tx, where: \"amont > 5\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: i64 } } }
sinks: { out: { input: tx, where: \"amount > 5\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { state: string } } }
sinks: { out: { input: tx, where: \"state == open\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { state: string } } }
sinks: { out: { input: tx, where: \"state == 'open'\", file: { path: out.jsonl } } }",
        },
    ],
};

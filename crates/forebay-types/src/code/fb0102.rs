//! A tab as indentation.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0102",
    title: "a tab indents a line",
    text: "\
YAML is indented with spaces only. Write two for a level, and set your editor to put spaces for the tab key.",
    examples: &[Example {
        wrong: "\
sources:
\ttx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources:
  tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

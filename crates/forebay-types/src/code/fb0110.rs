//! YAML tags.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0110",
    title: "a YAML tag",
    text: "\
`!!str`, `!include` and other tags say how to read a value. Here the field says that, and nothing is included: what is
shared has a name of its own in `configs/`. Remove the tag. A text that begins with `!` stands in double quotes.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: !!str in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

//! Kinds in the wrong section.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0209",
    title: "a kind of another section",
    text: "\
A kind is for sources, for stages or for sinks. `forebay kinds NAME` says for which.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, set: { b: 1 } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
stages: { more: { input: tx, set: { b: 1 } } }
sinks: { out: { input: more, file: { path: out.jsonl } } }",
    }],
};

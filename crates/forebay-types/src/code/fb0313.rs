//! A stage adds a column that exists already.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0313",
    title: "a stage adds a column that exists already",
    text: "\
Stages add columns and never overwrite one: a name means the same all the way down. Give the new column another name;
`as:` puts a prefix before the names that some kinds add.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { a: { input: tx, set: { amount: 1 } } }
sinks: { out: { input: a, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { a: { input: tx, set: { share: 1 } } }
sinks: { out: { input: a, file: { path: out.jsonl } } }",
    }],
};

//! A source does not say which columns its records have.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0314",
    title: "a source does not say which columns its records have",
    text: "\
Records of a file or topic are read by a declared schema, straight into typed columns. Declare what the pipeline needs;
other fields are ignored unless `extra` says otherwise.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

//! An output stands twice in a union.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0310",
    title: "an output stands twice in a union",
    text: "\
Every record would come twice. Two *nodes* may read one output; one union has it once.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: [tx, tx], file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

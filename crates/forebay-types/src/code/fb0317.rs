//! A sink writes a column twice.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0317",
    title: "a sink writes a column twice",
    text: "\
A record has each column once, and so has what a sink writes of it.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl }, columns: [id, id] } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl }, columns: [id] } }",
    }],
};

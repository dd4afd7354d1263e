//! `.behind` of a node that keeps no state by key.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0305",
    title: "`.behind` of a node that keeps no state by key",
    text: "\
A record is behind when it is older than the watermark of its stream. Only nodes with state by key tell such records
apart, since only their answers depend on order; every other node treats them like the rest.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx.behind, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

//! A column is named that is not there.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0315",
    title: "a column is named that is not there",
    text: "\
`columns` of a sink or of a crossing names columns of the output that it reads, or Forebay's own: `stream`, `_seq`,
`_time`, `_arrival`, `_deadline`, `_late` and `_model`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl }, columns: [id, amout] } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl }, columns: [id, amount] } }",
    }],
};

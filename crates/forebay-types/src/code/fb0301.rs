//! An input names no node.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0301",
    title: "an input names no node",
    text: "\
An entry of `input` is `NAME` or `NAME.PORT`, where NAME is a source or stage of the same file. Names are unique over
all sections. `rejected` alone is the one name that is no node: it is every record that somebody rejects.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: txs, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

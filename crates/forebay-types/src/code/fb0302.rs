//! A node has no such output.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0302",
    title: "a node has no such output",
    text: "\
`NAME.PORT` names an output of a node. `forebay kinds KIND` lists the outputs of a kind; every source and stage also
has `.rejected`, and those with state by key have `.behind`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx.reject, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx.rejected, file: { path: out.jsonl } } }",
    }],
};

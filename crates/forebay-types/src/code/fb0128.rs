//! Names of nodes, vars, lists and columns.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0128",
    title: "not a name",
    text: "\
A node, port, var or list is called `[a-z][a-z0-9_]*`, because its name becomes part of column names, metrics and paths. A
column is a letter, then letters, digits and `_`, because expressions read it; where the input calls it otherwise, say so:
`card_id: { type: u64, from: \"card-id\" }`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { scored-tx: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { scored_tx: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { card-id: u64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { card_id: { type: u64, from: card-id } } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

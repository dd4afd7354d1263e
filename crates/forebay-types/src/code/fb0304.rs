//! A sink is read.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0304",
    title: "a sink is read",
    text: "\
Records end at a sink, so nothing comes out of it that could be read. Any number of nodes may read one output: name the
node that the sink reads.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  out: { input: tx, file: { path: out.jsonl } }
  again: { input: out, file: { path: again.jsonl } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  out: { input: tx, file: { path: out.jsonl } }
  again: { input: tx, file: { path: again.jsonl } }",
    }],
};

//! Two sinks write the same file.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0330",
    title: "two sinks write the same file",
    text: "\
Each sink owns the files that it writes: their lengths are committed with the epoch, and a restart cuts them back. Two
sinks of one path would overwrite each other.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  a: { input: tx, file: { path: out.jsonl } }
  b: { input: tx, file: { path: ./out.jsonl } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  a: { input: tx, file: { path: a.jsonl } }
  b: { input: tx, file: { path: b.jsonl } }",
    }],
};

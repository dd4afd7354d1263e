//! `renamed_from` names a node that still exists.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0331",
    title: "`renamed_from` names a node that still exists",
    text: "\
State belongs to the name of a stage. `renamed_from` says which name it had before, so that it keeps its state; while a
node of the old name is there, the state is that node's.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages:
  a: { input: tx, set: { x: 1 } }
  b: { input: a, renamed_from: a, set: { z: 1 } }
sinks: { out: { input: b, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages:
  a: { input: tx, set: { x: 1 } }
  b: { input: a, renamed_from: old, set: { z: 1 } }
sinks: { out: { input: b, file: { path: out.jsonl } } }",
    }],
};

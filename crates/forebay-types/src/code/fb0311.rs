//! Nobody reads a node (warning).

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0311",
    title: "nobody reads a node (warning)",
    text: "\
What the node makes goes nowhere. Its records end as absorbed. Perhaps an `input` names the node before it.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { a: { input: tx, set: { x: 1 } } }
sinks:
  out: { input: tx, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { a: { input: tx, set: { x: 1 } } }
sinks:
  out: { input: a, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
    }],
};

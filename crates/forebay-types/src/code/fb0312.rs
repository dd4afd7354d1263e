//! No sink takes rejected records (warning).

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0312",
    title: "no sink takes rejected records (warning)",
    text: "\
A record that cannot be processed is rejected: a line that is no JSON, a number that does not fit, an expression that
divides by zero. Rejected records are counted by reason in any case; a sink that reads `rejected` keeps them with their
code, reason and origin, so that they can be looked at and replayed.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  out: { input: tx, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
    }],
};

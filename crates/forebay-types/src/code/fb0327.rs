//! Nobody uses a list (warning).

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0327",
    title: "nobody uses a list (warning)",
    text: "\
The list is declared and named nowhere: `COLUMN in lists.NAME` in an expression.",
    examples: &[Example {
        wrong: "\
lists: { known: { file: lists/known.csv, type: string } }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  out: { input: tx, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
        right: "\
lists: { known: { file: lists/known.csv, type: string } }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  out: { input: tx, where: id in lists.known, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
    }],
};

//! Nobody uses a var (warning).

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0326",
    title: "nobody uses a var (warning)",
    text: "\
The var is declared and named nowhere: as `vars.NAME` in an expression or as `${var:NAME}` in a value.",
    examples: &[Example {
        wrong: "\
vars: { least: { type: f64, default: 0.5 } }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  out: { input: tx, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
        right: "\
vars: { least: { type: decimal(2), default: 0.5 } }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks:
  out: { input: tx, where: amount >= vars.least, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
    }],
};

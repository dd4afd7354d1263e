//! `on_late: skip` where nothing has a deadline (warning).

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0324",
    title: "`on_late: skip` where nothing has a deadline (warning)",
    text: "\
A stage is skipped when the record would miss its deadline. Without `slo` records have no deadline, so the stage always
runs.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { a: { input: tx, on_late: skip, set: { x: 1 } } }
sinks:
  out: { input: a, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
        right: "\
slo: { deadline: 1s, from: arrival }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { a: { input: tx, on_late: skip, set: { x: 1 } } }
sinks:
  out: { input: a, file: { path: out.jsonl } }
  dead: { input: rejected, file: { path: dead.jsonl } }",
    }],
};

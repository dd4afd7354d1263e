//! A crossing names a jurisdiction in which nothing runs.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0329",
    title: "a crossing names a jurisdiction in which nothing runs",
    text: "\
`from` and `to` of a crossing are jurisdictions in which stages may run, as `placement.jurisdictions` lists them.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement:
  jurisdictions: [CH, EU]
  crossings: { tx: { as: durable, from: CH, to: US, columns: [id] } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement:
  jurisdictions: [CH, EU]
  crossings: { tx: { as: durable, from: CH, to: EU, columns: [id] } }",
    }],
};

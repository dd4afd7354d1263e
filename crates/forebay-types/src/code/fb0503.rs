//! Exactly once beside a live crossing.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0503",
    title: "exactly once beside a live crossing",
    text: "\
An edge that crosses `as: live` loses what a cut of the wire interrupts. `as: durable` goes through a log at both ends.",
    examples: &[Example {
        wrong: "\
delivery: exactly_once
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement: { crossings: { tx: { as: live, from: CH, to: EU, columns: [id] } } }",
        right: "\
delivery: exactly_once
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement: { crossings: { tx: { as: durable, from: CH, to: EU, columns: [id] } } }",
    }],
};

//! Exactly once beside `on_late: drop`.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0502",
    title: "exactly once beside `on_late: drop`",
    text: "\
A result that is dropped because it is late was not published once but never, and a second run drops other ones. Publish
late results (they carry `_late`), reject them, or promise less.",
    examples: &[Example {
        wrong: "\
slo: { deadline: 1s, from: arrival, on_late: drop }
delivery: exactly_once
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
slo: { deadline: 1s, from: arrival, on_late: publish }
delivery: exactly_once
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

//! Two rules of the same name.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0549",
    title: "two rules have the same name",
    text: "\
The name of the rule that matched becomes the column `rule`, so each name stands for one rule.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, rules: { first: [{ name: a, when: amount > 500.00, set: { d: review } }, { name: a, when: card == 7, set: { d: decline } }] } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, rules: { first: [{ name: a, when: amount > 500.00, set: { d: review } }, { name: b, when: card == 7, set: { d: decline } }] } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
    }],
};

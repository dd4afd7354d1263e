//! A rule that sets `rule`.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0551",
    title: "a rule sets the column `rule`",
    text: "\
`rules` adds the column `rule` by itself: the name of the rule that matched. Choose another name.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, rules: { first: [{ name: a, when: amount > 500.00, set: { rule: review } }] } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, rules: { first: [{ name: a, when: amount > 500.00, set: { decision: review } }] } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
    }],
};

//! Neither `first` nor `all`, or both.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0548",
    title: "`rules` has either `first` or `all`",
    text: "\
`first:` takes the first rule that matches, `all:` every one, where a later rule overwrites what an earlier one set. One of them stands in a
`rules`, with at least one rule.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, rules: { else: { decision: approve } } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, rules: { first: [{ name: large, when: amount > 500.00, set: { decision: review } }], else: { decision: approve } } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
    }],
};

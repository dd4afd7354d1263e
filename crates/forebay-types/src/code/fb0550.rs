//! Branches that give a column different types.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0550",
    title: "rules give a column different types",
    text: "\
A column has one type, whichever rule sets it. Whole numbers and floats are two: write `1.0` beside `0.5`. Two expressions may need `double(…)` or
`string(…)`.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, rules: { first: [{ name: a, when: amount > 500.00, set: { weight: 1 } }], else: { weight: 0.5 } } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, rules: { first: [{ name: a, when: amount > 500.00, set: { weight: 1.0 } }], else: { weight: 0.5 } } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
    }],
};

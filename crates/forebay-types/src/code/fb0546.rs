//! A `set` that reads what it sets.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0546",
    title: "a `set` reads a column that it sets itself",
    text: "\
All columns of one `set` are worked out from the stage's input, as a map has no order. What builds on another one goes into a `set` of its own
behind it.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, set: { cents: "= double(amount) * 100.0", large: "= cents > 10000.0" } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, set: { cents: "= double(amount) * 100.0" } }
  l: { input: s, set: { large: "= cents > 10000.0" } }
sinks: { out: { input: l, file: { path: out.jsonl } } }"#,
    }],
};

//! A label column that does not work.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0544",
    title: "a label column does not work",
    text: "\
A label column is a number or bool of the input `labels`, not of `main` as well, and `unknown` gives it a value of its own type, which stands
until a label has come. The column under `labels.by` is in both inputs, with one type.",
    examples: &[Example {
        wrong: r#"sources:
  tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts }
  back: { file: { path: back.jsonl }, schema: { id: string, card: u64, fraud: bool, ts: timestamp }, event_time: ts }
stages: { n: { input: { main: tx, labels: back }, window_features: { by: card, windows: [1d], delay: 7d, labels: { by: id, unknown: { fraud: 0.5 } }, emit: { risk: share(fraud) } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
        right: r#"sources:
  tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts }
  back: { file: { path: back.jsonl }, schema: { id: string, card: u64, fraud: bool, ts: timestamp }, event_time: ts }
stages: { n: { input: { main: tx, labels: back }, window_features: { by: card, windows: [1d], delay: 7d, labels: { by: id, unknown: { fraud: false } }, emit: { risk: share(fraud) } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
    }],
};

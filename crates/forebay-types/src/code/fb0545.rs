//! Labels and records in one expression.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0545",
    title: "an aggregate mixes labels with columns of the record",
    text: "\
What is aggregated is worked out once for each record, and the part that comes from a label once more when the label comes. An expression over both would
need the record's columns again weeks later, so it is either one or the other. Aggregate them apart.",
    examples: &[Example {
        wrong: r#"sources:
  tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts }
  back: { file: { path: back.jsonl }, schema: { id: string, card: u64, fraud: bool, ts: timestamp }, event_time: ts }
stages: { n: { input: { main: tx, labels: back }, window_features: { by: card, windows: [1d], delay: 7d, labels: { by: id, unknown: { fraud: false } }, emit: { risk: share(fraud && amount > 100.00) } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
        right: r#"sources:
  tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts }
  back: { file: { path: back.jsonl }, schema: { id: string, card: u64, fraud: bool, ts: timestamp }, event_time: ts }
stages: { n: { input: { main: tx, labels: back }, window_features: { by: card, windows: [1d], delay: 7d, labels: { by: id, unknown: { fraud: false } }, emit: { risk: share(fraud), large: share(amount > 100.00) } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
    }],
};

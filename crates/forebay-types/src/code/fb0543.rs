//! `labels` without its input, or the other way round.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0543",
    title: "`labels` and the input `labels` go together",
    text: "\
Labels come in on an input of their own: `input: { main: tx, labels: chargebacks }`, and `labels: { by: …, unknown: { … } }` says which column names
the record that a label is about and what stands until it has come. One without the other has no meaning.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages: { n: { input: tx, window_features: { by: card, windows: [1d], labels: { by: id, unknown: {} }, emit: { num: count() } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages: { n: { input: tx, window_features: { by: card, windows: [1d], emit: { num: count() } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
    }],
};

//! A column that cannot be a key.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0540",
    title: "a column cannot be a key",
    text: "\
A key is a whole number, a decimal, a text, a bool or a time, and it is never null. Floats are none, since two that print alike may
differ; a key that may be null would put everything without one together. Make the key before with `set`: `coalesce(card,
0)` for null, and declare amounts as decimals.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: f64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages: { n: { input: tx, window_features: { by: card, windows: [1d], emit: { num: count() } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages: { n: { input: tx, window_features: { by: card, windows: [1d], emit: { num: count() } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
    }],
};

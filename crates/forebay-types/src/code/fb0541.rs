//! A window that is none.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0541",
    title: "a window is no length of time",
    text: "\
A window is a duration longer than zero, in whole numbers with a unit (`90m`, `1d12h`), since it becomes part of the names of its columns:
`emit: { num: count() }` with `windows: [1d]` adds `num_1d`. Each stands once.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages: { n: { input: tx, window_features: { by: card, windows: [1d, 0d], emit: { num: count() } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages: { n: { input: tx, window_features: { by: card, windows: [1d, 7d], emit: { num: count() } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
    }],
};

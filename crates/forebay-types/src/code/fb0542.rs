//! An aggregate over something that windows do not keep.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0542",
    title: "windows do not keep values of this type",
    text: "\
Windows keep one number for each record and expression: numbers, decimals, bools, times and durations. Texts are not kept. Count
what you look for instead: `share(country == 'NO')`.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages: { n: { input: tx, window_features: { by: card, windows: [1d], emit: { latest: last(id) } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages: { n: { input: tx, window_features: { by: card, windows: [1d], emit: { named: share(id != '') } } } }
sinks: { out: { input: n, file: { path: out.jsonl } } }"#,
    }],
};

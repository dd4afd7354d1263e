//! Aggregates where there are none, and none where there is one.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0415",
    title: "an aggregate in the wrong place",
    text: "\
`count sum mean min max share first last` are about many records and stand in `emit` only, one for each entry, with nothing
around it: `emit: { total: sum(amount) }`. What is computed from several aggregates is computed in a `set` after it. Everywhere else an
expression is about one record.",
    examples: &[
        Example {
            wrong: "\
sources:
  tx: { file: { path: in.jsonl }, format: json, schema: { k: u64, a: f64, ts: timestamp }, event_time: ts }
stages: { wide: { input: tx, window_features: { by: k, windows: [1d], emit: { a: sum(a) / 2.0 } } } }
sinks: { out: { input: wide, file: { path: out.jsonl } } }",
            right: "\
sources:
  tx: { file: { path: in.jsonl }, format: json, schema: { k: u64, a: f64, ts: timestamp }, event_time: ts }
stages: { wide: { input: tx, window_features: { by: k, windows: [1d], emit: { a: sum(a / 2.0) } } } }
sinks: { out: { input: wide, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources:
  tx: { file: { path: in.jsonl }, format: json, schema: { k: u64, a: f64, ts: timestamp }, event_time: ts }
stages: { wide: { input: tx, window_features: { by: k, windows: [1d], emit: { a: avg(a) } } } }
sinks: { out: { input: wide, file: { path: out.jsonl } } }",
            right: "\
sources:
  tx: { file: { path: in.jsonl }, format: json, schema: { k: u64, a: f64, ts: timestamp }, event_time: ts }
stages: { wide: { input: tx, window_features: { by: k, windows: [1d], emit: { a: mean(a) } } } }
sinks: { out: { input: wide, file: { path: out.jsonl } } }",
        },
    ],
};

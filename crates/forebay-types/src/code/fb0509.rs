//! The deadline is shorter than a commit.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0509",
    title: "the deadline is shorter than a commit",
    text: "\
With `exactly_once` and `results_once` a result is seen when its epoch commits: up to the commit interval and the commit
itself (10 ms) after the record was read. A deadline below that can never be kept. Commit more often, allow more time,
or promise less.",
    examples: &[Example {
        wrong: "\
slo: { deadline: 20ms, from: arrival }
delivery: { guarantee: exactly_once, commit_every: 50ms }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
slo: { deadline: 200ms, from: arrival }
delivery: { guarantee: exactly_once, commit_every: 50ms }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

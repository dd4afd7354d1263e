//! `on_late: skip` at a stage that adds no columns.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0323",
    title: "`on_late: skip` at a stage that adds no columns",
    text: "\
A stage that is skipped leaves its columns null. One that makes records of its own, instead of adding columns to those
that it reads, would leave out the records themselves.",
    examples: &[Example {
        wrong: "\
slo: { deadline: 1s, from: arrival }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { some: { input: tx, on_late: skip, sample: { rate: 1/s } } }
sinks: { out: { input: some, file: { path: out.jsonl } } }",
        right: "\
slo: { deadline: 1s, from: arrival }
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { some: { input: tx, sample: { rate: 1/s } } }
sinks: { out: { input: some, file: { path: out.jsonl } } }",
    }],
};

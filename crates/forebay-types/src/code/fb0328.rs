//! The placement pins a stage that does not exist.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0328",
    title: "the placement pins a stage that does not exist",
    text: "\
`placement.stages` names stages of this file. Sources and sinks are not pinned: they are where their streams, files and
connections are.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { a: { input: tx, set: { x: 1 } } }
sinks: { out: { input: a, file: { path: out.jsonl } } }
placement: { stages: { b: { gpu: true } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages: { a: { input: tx, set: { x: 1 } } }
sinks: { out: { input: a, file: { path: out.jsonl } } }
placement: { stages: { a: { gpu: true } } }",
    }],
};

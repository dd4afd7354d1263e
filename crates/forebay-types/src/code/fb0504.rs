//! A sink promises more than its pipeline.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0504",
    title: "a sink promises more than its pipeline",
    text: "\
`delivery` of the pipeline is the least that every sink gives, and what its readers are told. A sink may state a weaker
one of its own, not a stronger one: then the pipeline states the stronger one and the others less.",
    examples: &[Example {
        wrong: "\
delivery: at_least_once
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl }, delivery: exactly_once } }",
        right: "\
delivery: at_least_once
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl }, delivery: best_effort } }",
    }],
};

//! A sink that may show records twice cannot promise more.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0514",
    title: "a sink that may show records twice cannot promise more",
    text: "\
An epoch that a fault interrupts is undone and done once more, and what a file got of it is cut off. Lines that went to
standard output cannot be taken back, so a reader may see them twice. Ask for `at_least_once`, or write a file.",
    examples: &[Example {
        wrong: "\
delivery: exactly_once
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: \"-\" } } }",
        right: "\
delivery: at_least_once
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: \"-\" } } }",
    }],
};

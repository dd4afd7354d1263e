//! A node has no such input.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0306",
    title: "a node has no such input",
    text: "\
A map under `input` fills the named inputs of a node; without names it is `main`. `forebay kinds KIND` lists the inputs
of a kind.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: { main: tx, side: tx }, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

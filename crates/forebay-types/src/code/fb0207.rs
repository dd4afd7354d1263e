//! Nodes that do two things.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0207",
    title: "a node with two kinds",
    text: "\
One node does one thing. Make two nodes and join them by `input`: that is also where types, copies and times are shown.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
stages: { both: { input: tx, set: { b: 1 }, rules: { else: { c: 1 } } } }
sinks: { out: { input: both, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
stages:
  one: { input: tx, set: { b: 1 } }
  two: { input: one, rules: { else: { c: 1 } } }
sinks: { out: { input: two, file: { path: out.jsonl } } }",
    }],
};

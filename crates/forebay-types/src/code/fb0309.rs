//! Outputs of a union have different columns.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0309",
    title: "outputs of a union have different columns",
    text: "\
A list under `input` is a union: its outputs have the same columns, by name and type. The message names the first
difference. `set` in front of one of them can add what is missing; where they mean different things, give each its own
reader.",
    examples: &[Example {
        wrong: "\
sources:
  a: { file: { path: a.jsonl }, schema: { id: string, amount: decimal(2) } }
  b: { file: { path: b.jsonl }, schema: { id: string, amount: f64 } }
sinks: { out: { input: [a, b], file: { path: out.jsonl } } }",
        right: "\
sources:
  a: { file: { path: a.jsonl }, schema: { id: string, amount: decimal(2) } }
  b: { file: { path: b.jsonl }, schema: { id: string, amount: decimal(2) } }
sinks: { out: { input: [a, b], file: { path: out.jsonl } } }",
    }],
};

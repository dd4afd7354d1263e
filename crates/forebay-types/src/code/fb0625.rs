//! A column whose type no tensor takes.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0625",
    title: "a column that does not fit the tensor",
    text: "\
A tensor of f32 or f64 takes integers, floats, decimals and booleans (0 or 1), each rounded once to the nearest value
of the tensor's type. A tensor of i64 takes integers up to 64 bits with a sign, and booleans; nothing is cut off in
silence. Texts, times and lists have no number that everybody would agree on: make one with `set`, for example
`size(name)`, `ts.getHours('UTC')` or `int(amount)`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: string, night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
    }],
};

//! `with` renames a column that the model does not read.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0623",
    title: "a rename of nothing",
    text: "\
Under `with` each key is the name of an input column of the model's card and each value the column of the record that
stands for it. This key is no input column of the card, so the entry would do nothing.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), sum: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud, with: { amuont: sum } } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), sum: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud, with: { amount: sum } } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
    }],
};

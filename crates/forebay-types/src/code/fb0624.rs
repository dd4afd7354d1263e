//! The records lack columns that a model reads.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0624",
    title: "columns that a model needs are missing",
    text: "\
`infer` takes its inputs from the columns that the card names. Some of them are not columns of the stage's input:
make them upstream (`set`, `window_features`), carry them in the source's schema, or say under `with` which column
stands for which, as in `with: { card_name: column }`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { sum: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { sum: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud, with: { amount: sum } } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
    }],
};

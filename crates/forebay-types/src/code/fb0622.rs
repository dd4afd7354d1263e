//! A model whose tensors `infer` cannot feed from columns.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0622",
    title: "a model that `infer` cannot run",
    text: "\
`infer` runs models of rows: each input tensor is `[batch, n]` of f32, f64 or i64 with a column of the record for
each of its n elements, each output tensor `[batch]` or `[batch, m]` of f32, f64 or i64, and at least one output
element is a column. Pictures, sound and sequences need stages that know them. If the model is one of rows, the card
says its tensors wrongly: look at `dims`, `type`, and at `columns` with their `at`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: whole-clip } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
    }],
};

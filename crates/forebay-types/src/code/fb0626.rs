//! A column that may be null, for a model that has no stand-in.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0626",
    title: "null has no place in a tensor",
    text: "\
The column may be null or missing, and the card does not say what the model was trained to see in that case. Two
cures: the card names a stand-in, `columns: [{ name: amount, null: 0 }]`, because that is what training did; or a
`set` stage before gives the value, `amount_or_0: \"= coalesce(amount, 0)\"`, with `with: { amount: amount_or_0 }`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: optional(decimal(2)), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), night: optional(bool) } } }
stages:
  score: { input: tx, infer: { model: card-fraud } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
    }],
};

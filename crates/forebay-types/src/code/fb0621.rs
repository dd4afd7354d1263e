//! A model whose version is not said or not there.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0621",
    title: "no such version of a model",
    text: "\
`model: NAME@VERSION` names one card by the version that the card states. The version may be left out while there is
only one card of the name. Here the version is not among those that there are, or there are several and none was
named, so results would depend on which files happen to lie in `configs/models/`.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud@4 } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud@3 } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
    }],
};

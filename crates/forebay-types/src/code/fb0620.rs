//! A model that has no card.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0620",
    title: "unknown model",
    text: "\
A model is named by its card, `NAME.yaml` in `configs/models/` of the nearest `configs/` above the pipeline file
(or under `--configs DIR`). No card has this name. Mend the name, or write the card: `forebay explain FB0622` says
what `infer` can run, `forebay schema` what a card looks like.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-frod } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { amount: decimal(2), night: bool } } }
stages:
  score: { input: tx, infer: { model: card-fraud } }
sinks: { out: { input: score, file: { path: out.jsonl } } }",
    }],
};

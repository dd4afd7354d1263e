//! A test gives input to something that is no source.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0901",
    title: "a test gives input to something that is no source",
    text: "\
`input` of a test names sources. What a stage makes is replaced under `mock`.",
    examples: &[Example {
        wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: example }
spec:
  sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
  stages: { a: { input: tx, set: { x: 1 } } }
  sinks: { out: { input: a, file: { path: out.jsonl } } }
tests:
  - name: one
    input: { txs: [] }
    expect: { out: [] }",
        right: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: example }
spec:
  sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
  stages: { a: { input: tx, set: { x: 1 } } }
  sinks: { out: { input: a, file: { path: out.jsonl } } }
tests:
  - name: one
    input: { tx: [] }
    expect: { out: [] }",
    }],
};

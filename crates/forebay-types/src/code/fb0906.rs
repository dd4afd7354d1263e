//! A test expects an output that does not exist.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0906",
    title: "a test expects an output that does not exist",
    text: "\
`expect` names a sink, or an output of a source or stage as under `input`: `NAME`, `NAME.PORT`, `rejected`.",
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
    input: { tx: [{ id: a, amount: 1.50, ts: \"2026-01-01T00:00:00Z\" }] }
    expect: { outs: [{ id: a }] }",
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
    input: { tx: [{ id: a, amount: 1.50, ts: \"2026-01-01T00:00:00Z\" }] }
    expect: { out: [{ id: a }] }",
    }],
};

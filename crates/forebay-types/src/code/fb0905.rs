//! An input record of a test lacks a column.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0905",
    title: "an input record of a test lacks a column",
    text: "\
A record without a column that is neither optional nor has a default is rejected. A test of just that expects
`rejected`; then it is no mistake.",
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
    input: { tx: [{ id: a, ts: \"2026-01-01T00:00:00Z\" }] }
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
    input: { tx: [{ id: a, amount: 1.50, ts: \"2026-01-01T00:00:00Z\" }] }
    expect: { out: [{ id: a }] }",
    }],
};

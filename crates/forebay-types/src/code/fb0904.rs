//! A test mocks nothing.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0904",
    title: "a test mocks nothing",
    text: "\
`mock` names a stage of the file, or a list as `lists.NAME`. A map stands for the columns that a stage adds to each
record, a list for its records.",
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
    mock: { b: { x: 2 } }
    input: { tx: [{ id: a, amount: 1.50, ts: \"2026-01-01T00:00:00Z\" }] }
    expect: { out: [{ x: 2 }] }",
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
    mock: { a: { x: 2 } }
    input: { tx: [{ id: a, amount: 1.50, ts: \"2026-01-01T00:00:00Z\" }] }
    expect: { out: [{ x: 2 }] }",
    }],
};

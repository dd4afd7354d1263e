//! A test names a column that is not there.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0902",
    title: "a test names a column that is not there",
    text: "\
Records of a test have the columns that the source declares or the output has; `_time`, `_arrival` and `stream` may stand
beside them in the input, and Forebay's own columns in what is expected.",
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
    expect: { out: [{ amout: 1.50 }] }",
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
    expect: { out: [{ amount: 1.50 }] }",
    }],
};

//! A value in a test is not of its column's type.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0903",
    title: "a value in a test is not of its column's type",
    text: "\
Values of a test are written as in the input: a `timestamp(ms)` is a number, a `timestamp` a text in RFC 3339, a
`decimal(2)` has at most two digits after the point. A test that expects `rejected` may give wrong values on purpose.
A line of a file of records that is no JSON object is such a mistake as well.",
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
    input: { tx: [{ id: a, amount: 1.505, ts: \"2026-01-01T00:00:00Z\" }] }
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

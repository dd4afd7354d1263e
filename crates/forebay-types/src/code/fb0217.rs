//! Mocks that mean nothing.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0217",
    title: "not a mock",
    text: "\
In `mock` a stage takes a map of its columns for each record, a list of records in place of its own, `late` or `error`; a list
is written `lists.NAME` and takes its values.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: one }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  stages: { more: { input: tx, set: { b: 1 } } }
  sinks: { out: { input: more, file: { path: out.jsonl } } }
tests:
- { name: t, input: { tx: [{ a: 1 }] }, mock: { more: slow }, expect: { out: [{ a: 1 }] } }",
            right: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: one }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  stages: { more: { input: tx, set: { b: 1 } } }
  sinks: { out: { input: more, file: { path: out.jsonl } } }
tests:
- { name: t, input: { tx: [{ a: 1 }] }, mock: { more: late }, expect: { out: [{ a: 1 }] } }",
        },
    ],
};

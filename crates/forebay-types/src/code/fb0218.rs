//! Tests of one name.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0218",
    title: "two tests of one name",
    text: "\
A test is found and reported by its name, so each has its own: say in it what the test shows.",
    examples: &[Example {
        wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: one }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  stages: { more: { input: tx, set: { b: 1 } } }
  sinks: { out: { input: more, file: { path: out.jsonl } } }
tests:
- { name: t, input: { tx: [{ a: 1 }] }, expect: { out: [{ a: 1 }] } }
- { name: t, input: { tx: [{ a: 2 }] }, expect: { out: [{ a: 2 }] } }",
        right: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: one }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  stages: { more: { input: tx, set: { b: 1 } } }
  sinks: { out: { input: more, file: { path: out.jsonl } } }
tests:
- { name: t, input: { tx: [{ a: 1 }] }, expect: { out: [{ a: 1 }] } }
- { name: u, input: { tx: [{ a: 2 }] }, expect: { out: [{ a: 2 }] } }",
    }],
};

//! Versions of the format.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0204",
    title: "another version of the format",
    text: "\
`apiVersion` says in which version of the format the file is written. This Forebay reads `forebay.dev/v1alpha1`
and no other.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1
kind: Pipeline
metadata: { name: one }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: one }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

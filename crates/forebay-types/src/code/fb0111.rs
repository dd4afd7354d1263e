//! Two documents in one file.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0111",
    title: "several documents in one file",
    text: "\
`---` between two documents puts two pipelines into one file. One file holds one pipeline: it is found, tested and drawn
by its file. `forebay run` takes several files.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: one }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  sinks: { out: { input: tx, file: { path: out.jsonl } } }
---
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: two }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  sinks: { out: { input: tx, file: { path: out.jsonl } } }
",
            right: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: one }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  sinks: { out: { input: tx, file: { path: out.jsonl } } }
",
        },
    ],
};

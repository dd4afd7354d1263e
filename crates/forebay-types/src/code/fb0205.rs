//! Kinds of files.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0205",
    title: "another kind of file",
    text: "\
`kind` is `Pipeline` for a pipeline, and `Model`, `Connection`, `Environment` or `PoP` for the files in `configs/models/`,
`configs/connections/`, `configs/env/` and `configs/pops/`.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipline
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

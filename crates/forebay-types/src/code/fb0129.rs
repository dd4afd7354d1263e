//! Names of things with a file of their own.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0129",
    title: "not a name of a pipeline, model, connection or PoP",
    text: "\
What has a file of its own is called as Kubernetes calls things: at most 63 lower-case letters, digits and `-`, which neither
begin nor end with `-`.",
    examples: &[
        Example {
            wrong: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: Card_Fraud }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
apiVersion: forebay.dev/v1alpha1
kind: Pipeline
metadata: { name: card-fraud }
spec:
  sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
  sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

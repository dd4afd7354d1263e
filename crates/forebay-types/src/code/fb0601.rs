//! Files that are not there.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0601",
    title: "a file cannot be read",
    text: "\
The file does not exist or may not be read; so it is with a folder that `--configs` names. Paths that are read count from the file that names them, those on
the command line from the working directory.",
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
tests: { file: nowhere.yaml }",
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

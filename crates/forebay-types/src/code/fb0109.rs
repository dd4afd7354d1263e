//! The merge key of YAML 1.1.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0109",
    title: "`<<` merges maps in YAML 1.1 only",
    text: "\
YAML 1.2 has no merge key, so the file would mean two things. Write the fields out, or share a whole value by an anchor
(`slo: &tight { … }` and `slo: *tight`).",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { <<: { format: json }, file: { path: in.jsonl }, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

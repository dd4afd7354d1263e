//! Undeclared fields that a source keeps for nobody.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0333",
    title: "undeclared fields are kept, and no sink writes them",
    text: "\
`extra: keep` passes the fields of a record that nobody declared through to sinks of the same format. A sink that says
`columns` writes those alone, and a stage that makes records of its own drops them.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { id: string }, extra: keep } }
sinks: { out: { input: tx, columns: [id], file: { path: out.jsonl } }, dead: { input: rejected, file: { path: dead.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { id: string }, extra: keep } }
sinks: { out: { input: tx, file: { path: out.jsonl } }, dead: { input: rejected, file: { path: dead.jsonl } } }",
    }],
};

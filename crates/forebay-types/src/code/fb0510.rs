//! A format that is not there yet.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0510",
    title: "a format that is not there yet",
    text: "\
The file is right, but this version reads and writes JSON Lines only.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.csv }, format: csv, schema: { id: string } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.csv }, format: json, schema: { id: string } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

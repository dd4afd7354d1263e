//! A schema that cannot be read yet.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0511",
    title: "a schema that cannot be read yet",
    text: "\
The columns of a source may stand in an Avro, Protobuf or JSON Schema file or in a registry. This version takes them from
the pipeline file only.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: schemas/tx.avsc } }
sinks: { out: { input: tx, file: { path: out.jsonl }, columns: [id] } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string } } }
sinks: { out: { input: tx, file: { path: out.jsonl }, columns: [id] } }",
    }],
};

//! Values that YAML 1.1 reads otherwise.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0113",
    title: "a value that YAML 1.1 reads otherwise",
    text: "\
`NO`, `yes`, `on`, `0755`, `1_000`, `1:30` and `2026-01-31` are texts (or other numbers) to YAML 1.2 and bools, numbers or dates
to YAML 1.1, which kubectl reads. The same file has to mean the same to both: write the text in double quotes, or the
value so that both agree (`false`, `755`, `1000`).",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: { type: string, default: NO } } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: { type: string, default: \"NO\" } } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
vars: { limit: { type: i64, default: 1_000 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
vars: { limit: { type: i64, default: 1000 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

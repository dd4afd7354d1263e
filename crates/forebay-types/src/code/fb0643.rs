//! Standard input and output.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0643",
    title: "standard input or output beside something else",
    text: "\
The path `-` is standard input in a source and standard output in a sink. It stands alone: not in a list beside other paths, and without `rotate`,
since there is no file to change. Standard input cannot be read again and standard output cannot be cut, so such a pipeline is not
`exactly_once`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: [in.jsonl, \"-\"] }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"-\", rotate: 1h } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"-\" } } }",
        },
    ],
};

//! Text that is not YAML.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0101",
    title: "not YAML",
    text: "\
The file does not follow YAML or is not UTF-8, and no other code says it better. Where YAML stops making sense nothing after it can
be read, so this is the only mistake of the file that is shown: mend it and look again.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks
",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

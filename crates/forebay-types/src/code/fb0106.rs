//! Backslashes in double quotes.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0106",
    title: "an escape that YAML does not know",
    text: "\
In double quotes a backslash begins an escape (`\\n`, `\\t`, `\\\"`, `\\\\`, `\\u00e9`). Write `\\\\` for a backslash, or use single
quotes, in which nothing is escaped.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"out\\data.jsonl\" } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: 'out\\data.jsonl' } } }",
        },
    ],
};

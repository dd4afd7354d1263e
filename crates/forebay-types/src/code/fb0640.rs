//! Globs that do not parse.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0640",
    title: "not a glob",
    text: "\
A path that is read may be a glob: `*` stands for any text within a name, `**` between two `/` for any number of folders, `?` for one
character, `[abc]` and `[a-z]` for one of several. A name that itself has such a character is written with it in brackets: `a[[]1].jsonl`
is the file `a[1].jsonl`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: \"data/[0-9.jsonl\" }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: \"data/[0-9].jsonl\" }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

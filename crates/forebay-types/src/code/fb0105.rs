//! Texts that YAML takes for something else.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0105",
    title: "a text needs quotes",
    text: "\
A text without quotes cannot begin with `@`, a backtick, `%` and a few others, and cannot hold `: ` on one line with its
field, nor inside `{ }` or `[ ]` a comma. Put the text in double quotes. The same is said where a field stands deeper than the value above it.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks:
  out:
    input: tx
    where: a == 1 ? true : false
    file: { path: out.jsonl }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks:
  out:
    input: tx
    where: \"a == 1 ? true : false\"
    file: { path: out.jsonl }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: @out } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: \"@out\" } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: optional(i64) } } }
sinks: { out: { input: tx, where: coalesce(a, 0) > 1 && coalesce(a, 0) < 9, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: optional(i64) } } }
sinks: { out: { input: tx, where: \"coalesce(a, 0) > 1 && coalesce(a, 0) < 9\", file: { path: out.jsonl } } }",
        },
    ],
};

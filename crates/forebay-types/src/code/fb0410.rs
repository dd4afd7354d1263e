//! Values that may be null where one is needed.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0410",
    title: "this may be null",
    text: "\
A column that is `optional(…)` (or that a stage with `on_late: skip` adds) may have no value, and there is no right answer to
what null plus one is. Either ask first, as in `x != null && x > 5` (which holds for the rest of the condition, also through `||`,
`!` and `?:`), or say what null means: `coalesce(x, 0) > 5`. `x == null` is true for null and for missing. An aggregate in `emit`
passes over null: `mean(x)` is the mean of what is there.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: optional(i64) } } }
sinks: { out: { input: tx, where: \"a > 5\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: optional(i64) } } }
sinks: { out: { input: tx, where: \"coalesce(a, 0) > 5\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: optional(i64) } } }
sinks: { out: { input: tx, where: \"a > 5\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: optional(i64) } } }
sinks: { out: { input: tx, where: \"a != null && a > 5\", file: { path: out.jsonl } } }",
        },
    ],
};

//! Questions about null that have one answer.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0416",
    title: "this is never null",
    text: "\
A comparison with null, or a `coalesce`, on something that always has a value. It does no harm, but whoever reads it will
believe that there may be no value. Only `optional(…)` columns and those of a stage with `on_late: skip` may be null.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a != null && a > 5\", file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, where: \"a > 5\", file: { path: out.jsonl } } }",
    }],
};

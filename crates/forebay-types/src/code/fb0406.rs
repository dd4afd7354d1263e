//! Functions that nobody knows.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0406",
    title: "there is no such function",
    text: "\
The functions are abs, coalesce, contains, double, duration, endsWith, getDayOfWeek, getHours, int, size, startsWith, string and
timestamp. Each may be written `f(x, y)` or `x.f(y)`. Macros of CEL such as `has` and `exists` are not among them.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a.len() > 3\", file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a.size() > 3\", file: { path: out.jsonl } } }",
    }],
};

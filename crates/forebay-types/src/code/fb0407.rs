//! Functions with too few or too many values.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0407",
    title: "a function takes another number of values",
    text: "\
Each function takes a fixed number of values in its brackets; in `x.f(y)` the `x` is the first one. Only `coalesce` takes as
many as one likes, and `getHours` and `getDayOfWeek` may leave out the time zone, which is UTC then.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a.startsWith()\", file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a.startsWith('x')\", file: { path: out.jsonl } } }",
    }],
};

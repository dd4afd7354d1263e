//! Fields on another level.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0202",
    title: "a field on the wrong level",
    text: "\
The field exists, elsewhere. Fields of a kind stand inside the kind; beside it stand only `format schema extra event_time slo
on_full` in sources, `input where on_late renamed_from` in stages and `input where columns format delivery sensitive` in sinks;
`vars lists slo delivery scale placement` stand directly under `spec`; `tests` stands beside `spec`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl, format: json }, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, path: out.jsonl, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

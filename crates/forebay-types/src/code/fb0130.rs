//! Types of columns.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0130",
    title: "not a column type",
    text: "\
The types are `bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 decimal(S) string bytes timestamp date duration zones`, `list(T)` and
`optional(T)`. `timestamp` is RFC 3339 text, `timestamp(s|ms|us|ns)` a number; `decimal(2)` is exact with two digits after the point.
Structs stand in the long form: `{ type: struct, fields: { … } }`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: int } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: decimal } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: decimal(2) } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

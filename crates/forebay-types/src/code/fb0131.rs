//! Values that their type cannot hold.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0131",
    title: "a value does not fit its type",
    text: "\
The value of a var, or the default of a column, has to be a value of the declared type: a whole number in the range of an
integer, at most S digits after the point for `decimal(S)`, null only for `optional(T)`.",
    examples: &[
        Example {
            wrong: "\
vars: { limit: { type: u8, default: 300 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
vars: { limit: { type: u16, default: 300 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

//! Numbers that do not fit beside a type.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0411",
    title: "the number does not fit the type beside it",
    text: "\
A number in an expression takes the type of what stands beside it, exactly: beside a `u8` it is from 0 to 255, beside a
`decimal(2)` it has two digits after the point at most. A number that does not fit would make a comparison that is always true or
always false, or would have to be rounded.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: u8 } } }
sinks: { out: { input: tx, where: \"a > 300\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: u8 } } }
sinks: { out: { input: tx, where: \"a > 30\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: decimal(2) } } }
sinks: { out: { input: tx, where: \"a > 0.005\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: decimal(2) } } }
sinks: { out: { input: tx, where: \"a > 0.01\", file: { path: out.jsonl } } }",
        },
    ],
};

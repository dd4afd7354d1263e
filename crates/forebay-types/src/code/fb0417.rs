//! Arithmetic that decimals cannot do exactly.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0417",
    title: "decimals cannot do this exactly",
    text: "\
Decimals are exact: `+`, `-` and `*` never round. A division would have to, and a product of two decimals has the digits of both
after its point, of which there may be 18. Write `double(x)` where rounding is welcome.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: decimal(2) } } }
stages: { more: { input: tx, set: { b: \"= a / 3\" } } }
sinks: { out: { input: more, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: decimal(2) } } }
stages: { more: { input: tx, set: { b: \"= double(a) / 3.0\" } } }
sinks: { out: { input: more, file: { path: out.jsonl } } }",
    }],
};

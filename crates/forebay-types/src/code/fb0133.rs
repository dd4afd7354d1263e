//! Infinity and NaN.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0133",
    title: "a number that is not finite",
    text: "\
`.inf` and `.nan` are numbers to YAML and to nothing that Forebay writes: JSON has neither. Use a number, or null.",
    examples: &[Example {
        wrong: "\
vars: { limit: { type: f64, default: .inf } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
vars: { limit: { type: f64, default: 1e300 } }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

//! Dates and times.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0126",
    title: "a date or time that does not read",
    text: "\
A date is `\"2026-01-31\"`, a time is RFC 3339 with its zone, `\"2026-01-31T12:00:00Z\"`. Both stand in quotes, because YAML 1.1 has
dates of its own.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement: { crossings: { tx: { as: durable, from: CH, to: EU, columns: [a], until: 31.1.2027 } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement: { crossings: { tx: { as: durable, from: CH, to: EU, columns: [a], until: \"2027-01-31\" } } }",
        },
    ],
};

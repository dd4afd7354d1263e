//! Quantities with their units.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0125",
    title: "a quantity without its unit, or with a wrong one",
    text: "\
A quantity carries its unit:

| quantity | written | units |
|---|---|---|
| duration | `20ms`, `1h30m` | ns us ms s m h d |
| size | `64MiB` | B kB MB GB KiB MiB GiB TiB |
| rate | `30fps`, `2/s`, `90/m` | fps, /s, /m, /h, /d |
| share | `10%`, `0.1` | % or a number from 0 to 1 |
| level | `-60dB` | dB |",
    examples: &[
        Example {
            wrong: "\
slo: { deadline: 5min }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
slo: { deadline: 5m }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
slo: { deadline: 200ms, objective: 99.9 }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
slo: { deadline: 200ms, objective: 99.9% }
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl, rate: 100 }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl, rate: 100/s }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

//! Durations, times, dates and zones that do not read.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0414",
    title: "the text is no duration, time, date or zone",
    text: "\
`duration('1h30m')` takes numbers with units (ns us ms s m h d), `timestamp('2026-01-31T12:00:00Z')` a time with its zone, a
text beside a date is `'2026-01-31'`, and a time zone is `'UTC'`, `'+02:00'` or a name such as `'Europe/Zurich'`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: duration } } }
sinks: { out: { input: tx, where: \"a > duration('5min')\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: duration } } }
sinks: { out: { input: tx, where: \"a > duration('5m')\", file: { path: out.jsonl } } }",
        },
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: timestamp } } }
sinks: { out: { input: tx, where: \"a.getHours('CH') < 6\", file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: timestamp } } }
sinks: { out: { input: tx, where: \"a.getHours('Europe/Zurich') < 6\", file: { path: out.jsonl } } }",
        },
    ],
};

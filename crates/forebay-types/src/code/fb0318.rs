//! The event time names no column.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0318",
    title: "the event time names no column",
    text: "\
`event_time: COLUMN` names a column of the source's own schema: the time at which the thing happened, by which windows
and watermarks go.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, ts: timestamp }, event_time: time } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, ts: timestamp }, event_time: ts } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

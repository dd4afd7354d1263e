//! A sink has no column to write.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0316",
    title: "a sink has no column to write",
    text: "\
Without `columns` a sink writes texts, numbers, times, bools and lists. None of the columns of its input is one of
these. Name what it is to write; Forebay's own columns (`stream`, `_seq`, `_time` and so on) have to be listed.",
    examples: &[Example {
        wrong: "\
sources: { cams: { media: { streams: cameras.yaml } } }
sinks: { out: { input: cams.status, file: { path: out.jsonl, rotate: 1h } } }",
        right: "\
sources: { cams: { media: { streams: cameras.yaml } } }
sinks: { out: { input: cams.status, file: { path: out.jsonl, rotate: 1h }, columns: [stream, _time] } }",
    }],
};

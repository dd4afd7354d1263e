//! Exactly once beside a live source.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0501",
    title: "exactly once beside a live source",
    text: "\
Exactly once means that after a restart the input is read again from the committed position. A camera or microphone cannot
be read again. `results_once` is what can hold there: each result that was made is published once.",
    examples: &[Example {
        wrong: "\
delivery: exactly_once
sources: { cams: { media: { streams: cameras.yaml } } }
sinks: { out: { input: cams.status, file: { path: out.jsonl, rotate: 1h }, columns: [_time] } }",
        right: "\
delivery: best_effort
sources: { cams: { media: { streams: cameras.yaml } } }
sinks: { out: { input: cams.status, file: { path: out.jsonl, rotate: 1h }, columns: [_time] } }",
    }],
};

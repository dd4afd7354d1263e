//! A guarantee cannot be given yet.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0505",
    title: "a guarantee cannot be given yet",
    text: "\
Results of a live source are published once by an outbox: a log on disk in front of the sink. There is none yet, so a
restart loses what it interrupts. The file stays as it is; `--set delivery=best_effort` runs it.",
    examples: &[Example {
        wrong: "\
delivery: results_once
sources: { cams: { media: { streams: cameras.yaml } } }
sinks: { out: { input: cams.status, file: { path: out.jsonl, rotate: 1h }, columns: [_time] } }",
        right: "\
delivery: best_effort
sources: { cams: { media: { streams: cameras.yaml } } }
sinks: { out: { input: cams.status, file: { path: out.jsonl, rotate: 1h }, columns: [_time] } }",
    }],
};

//! A node with several outputs is named without one.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0303",
    title: "a node with several outputs is named without one",
    text: "\
A node with several outputs has no default one, so that it can be seen which is read: what nobody reads is not made.
`.rejected` and `.behind` do not count as outputs here.",
    examples: &[Example {
        wrong: "\
sources: { cams: { media: { streams: cameras.yaml } } }
sinks: { out: { input: cams, file: { path: out.jsonl, rotate: 1h }, columns: [_time] } }",
        right: "\
sources: { cams: { media: { streams: cameras.yaml } } }
sinks: { out: { input: cams.status, file: { path: out.jsonl, rotate: 1h }, columns: [_time] } }",
    }],
};

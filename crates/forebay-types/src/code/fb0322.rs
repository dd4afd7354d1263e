//! `on_full` at a source that can be read again.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0322",
    title: "`on_full` at a source that can be read again",
    text: "\
What a live source cannot hand on in time is gone, so it says what to drop. A source that can be read again simply
waits, and never drops anything.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string }, on_full: drop_oldest } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
    }],
};

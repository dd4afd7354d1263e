//! A file that would never be finished.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0512",
    title: "a file that would never be finished",
    text: "\
A file is complete when its input ends. Behind a source without end it says when the next one begins: `rotate: 1h`. A
`${time:…}` in the path gives each its name. Standard output is no file, and needs nothing of that.",
    examples: &[Example {
        wrong: "\
scale: one
sources:
  tx: { kafka: { connection: payments, topic: tx, key: id, start: earliest }, schema: { id: u64 } }
sinks: { out: { input: tx, file: { path: \"out.jsonl\" } } }",
        right: "\
scale: one
sources:
  tx: { kafka: { connection: payments, topic: tx, key: id, start: earliest }, schema: { id: u64 } }
sinks: { out: { input: tx, file: { path: \"out-${time:%Y-%m-%dT%H}.jsonl\", rotate: 1h } } }",
    }],
};

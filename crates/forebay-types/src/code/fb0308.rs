//! Records would go in a circle.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0308",
    title: "records would go in a circle",
    text: "\
A node reads, directly or through others, what it makes itself. Records of a pipeline flow one way; a loop is made of
two pipelines that meet in a topic or a file.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages:
  a: { input: b, set: { x: 1 } }
  b: { input: a, set: { z: 1 } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
stages:
  a: { input: tx, set: { x: 1 } }
  b: { input: a, set: { z: 1 } }
sinks: { out: { input: b, file: { path: out.jsonl } } }",
    }],
};

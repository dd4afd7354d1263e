//! Kinds that are not there.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0210",
    title: "there is no such kind",
    text: "\
No kind of this name exists in this Forebay. It may be misspelt, or come in a later version; `forebay kinds` lists what is
there. A kind that comes later is reported once, with every node that names it; until then files can stand in for sources that
declare a `schema`, and for sinks (`--from SOURCE=PATH`, `--to SINK=PATH`). The node's columns are unknown, so nothing that
follows from it is reported.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
stages: { more: { input: tx, sett: { b: 1 } } }
sinks: { out: { input: more, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: i64 } } }
stages: { more: { input: tx, set: { b: 1 } } }
sinks: { out: { input: more, file: { path: out.jsonl } } }",
        },
    ],
};

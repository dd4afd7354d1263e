//! Fields that are not there.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0413",
    title: "there is no such field",
    text: "\
`x.f` names a field of a struct. Either the struct has no field of this name, or `x` is no struct at all. A function takes
brackets (`x.size()`), and an item of a list is named by its number (`x[0]`).",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a.size > 3\", file: { path: out.jsonl } } }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, format: json, schema: { a: string } } }
sinks: { out: { input: tx, where: \"a.size() > 3\", file: { path: out.jsonl } } }",
    }],
};

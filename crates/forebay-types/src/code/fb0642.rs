//! Packed files of other kinds.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0642",
    title: "packed in a way that is not known",
    text: "\
What a file is packed with is told by the end of its name: `.gz` is gzip, `.zst` is zstd, everything else is plain text. Other ways of packing
are not there, and such a file read as text would give nothing but rejected records. Pack it again (`bzcat in.bz2 | zstd > in.zst`), or unpack it
on the way in (`bzcat in.bz2 | forebay run FILE --from NAME=-`).",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { file: { path: in.jsonl.bz2 }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
            right: "\
sources: { tx: { file: { path: in.jsonl.gz }, format: json, schema: { a: i64 } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }",
        },
    ],
};

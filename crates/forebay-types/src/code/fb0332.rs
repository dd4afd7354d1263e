//! Two sources read standard input.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0332",
    title: "two sources read standard input",
    text: "\
The path `-` is standard input, and there is only one: what one source reads of it no other sees, and where one ends and the other
begins nobody could say. Name a file or a pipe for all sources but one. The shell gives a command's output a name of its own:
`--from tx=<(zcat tx.gz)`.",
    examples: &[Example {
        wrong: r#"
sources:
  tx: { file: { path: "-" }, schema: { id: string } }
  more: { file: { path: "-" }, schema: { id: string } }
sinks: { out: { input: [tx, more], file: { path: out.jsonl } } }"#,
        right: r#"
sources:
  tx: { file: { path: "-" }, schema: { id: string } }
  more: { file: { path: more.jsonl }, schema: { id: string } }
sinks: { out: { input: [tx, more], file: { path: out.jsonl } } }"#,
    }],
};

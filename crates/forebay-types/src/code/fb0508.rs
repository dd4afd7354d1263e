//! `placement` cannot be kept by a plan for one machine.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0508",
    title: "`placement` cannot be kept by a plan for one machine",
    text: "\
`placement` says in which jurisdictions, PoPs and on which hardware parts of the pipeline run. `plan` and `run` work on
the machine in front of you and would not keep it, so they refuse rather than ignore it. `prefer` alone asks for
nothing that one machine cannot give.",
    examples: &[Example {
        wrong: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement: { jurisdictions: [CH] }",
        right: "\
sources: { tx: { file: { path: in.jsonl }, schema: { id: string, amount: decimal(2), ts: timestamp } } }
sinks: { out: { input: tx, file: { path: out.jsonl } } }
placement: { prefer: cheapest }",
    }],
};

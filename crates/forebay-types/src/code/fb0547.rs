//! A value without a type.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0547",
    title: "a plain value has no type",
    text: "\
A column needs a type, and null, lists and maps do not say one. Write a number, a text or true or false; a column that is null for some records is
one that only some of the branches of `rules` set.",
    examples: &[Example {
        wrong: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, set: { note: null } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
        right: r#"sources: { tx: { file: { path: in.jsonl }, schema: { id: string, card: u64, amount: decimal(2), ts: timestamp }, event_time: ts } }
stages:
  s: { input: tx, set: { note: none } }
sinks: { out: { input: s, file: { path: out.jsonl } } }"#,
    }],
};

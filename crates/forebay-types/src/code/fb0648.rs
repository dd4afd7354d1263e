//! A key of messages that has no text, or is no column.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0648",
    title: "a key that has no text",
    text: "\
The key of a message is the text of one column: a number, a text, a time. Lists and structs have none; name a column that has, or make
one with `set`.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { kafka: { connection: payments, topic: tx, start: earliest }, schema: { id: u64 } } }
sinks: { out: { input: tx, kafka: { connection: payments, topic: out, key: tags } } }",
            right: "\
sources: { tx: { kafka: { connection: payments, topic: tx, start: earliest }, schema: { id: u64 } } }
sinks: { out: { input: tx, kafka: { connection: payments, topic: out, key: id } } }",
        },
    ],
};

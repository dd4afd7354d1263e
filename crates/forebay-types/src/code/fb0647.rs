//! A name that Kafka does not take.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0647",
    title: "a name that Kafka does not take",
    text: "\
Topics are called with letters of ASCII, digits, `.`, `_` and `-`, 249 of them at most, and neither `.` nor `..`. A group has any name
but the empty one.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { kafka: { connection: payments, topic: card/tx, start: earliest }, schema: { id: u64 } } }
sinks: { out: { input: tx, kafka: { connection: payments, topic: out } } }",
            right: "\
sources: { tx: { kafka: { connection: payments, topic: card.tx, start: earliest }, schema: { id: u64 } } }
sinks: { out: { input: tx, kafka: { connection: payments, topic: out } } }",
        },
    ],
};

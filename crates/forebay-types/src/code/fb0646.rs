//! A place to start at that is none.

use super::{Code, Example};

pub const CODE: Code = Code {
    id: "FB0646",
    title: "a place to start at that is none",
    text: "\
`start` of a `kafka` source is `earliest` (the oldest message that is there), `latest` (only what comes from now on) or a time in RFC 3339
with its zone (`2026-01-31T00:00:00Z`: the first message whose timestamp is not before it). It counts only where nothing was
committed before.",
    examples: &[
        Example {
            wrong: "\
sources: { tx: { kafka: { connection: payments, topic: tx, start: beginning }, schema: { id: u64 } } }
sinks: { out: { input: tx, kafka: { connection: payments, topic: out } } }",
            right: "\
sources: { tx: { kafka: { connection: payments, topic: tx, start: earliest }, schema: { id: u64 } } }
sinks: { out: { input: tx, kafka: { connection: payments, topic: out } } }",
        },
    ],
};

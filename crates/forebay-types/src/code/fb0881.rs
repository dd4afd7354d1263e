//! Messages without keys for a topic that keeps one for each key.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0881",
    title: "a compacted topic that is written without keys",
    text: "\
A compacted topic (`cleanup.policy=compact`) keeps the last message of each key, and its broker refuses a message without one: each record
would be rejected. Name the column that is the key (`key: COLUMN` at the sink), or write to a topic that is not compacted.",
    examples: &[],
};

//! A message larger than the broker takes.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0742",
    title: "a message larger than the broker takes",
    text: "\
A record as it would be written, with its key, is larger than the topic's `max.message.bytes`, or than Forebay ever sends. It is rejected
with its size, and the others go on. Write fewer columns, or let whoever runs the cluster raise the limit of the topic.",
    examples: &[],
};

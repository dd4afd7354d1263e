//! The message of a dead letter is gone.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0886",
    title: "the message of a dead letter is gone",
    text: "\
The dead letter holds no bytes of its own, because its source has sensitive columns or the sink leaves them out, and the message that it is
about is not in its topic any more: it was deleted by retention or compaction. What is left is the letter: why, where and when. Give the
topic a longer retention, or let the sink of dead letters keep the bytes (`sensitive: keep`).",
    examples: &[],
};

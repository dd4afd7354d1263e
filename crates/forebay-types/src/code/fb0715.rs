//! A record has more bytes than are allowed.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0715",
    title: "a record that is too long",
    text: "\
A line is longer than a record may be, which is 1 MiB. It was not held in memory, so the rejected record has its place and
length instead of its bytes. Mostly an end of line is missing, or the file is no
JSON Lines at all.",
    examples: &[],
};

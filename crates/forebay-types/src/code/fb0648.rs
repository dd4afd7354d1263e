//! A key of messages that has no text, or is no column.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0648",
    title: "a key that has no text",
    text: "\
The key of a message is the text of one column: a number, a text, a time. Lists and structs have none; name a column that has, or make
one with `set`.",
    examples: &[],
};

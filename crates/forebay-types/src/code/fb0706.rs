//! A JSON value has another type than its field.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0706",
    title: "a value of another type than declared",
    text: "\
The schema declares one type for the field and the record holds another: a number where text was declared, text where
a number was. Nothing is converted silently: `\"12\"` is no number and `12` is no text. Declare the type that the
producer writes, or mend the producer. Timestamps are texts as `timestamp` and numbers as `timestamp(ms)`; bytes and
durations are texts.",
    examples: &[],
};

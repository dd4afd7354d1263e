//! A duration or bytes cannot be read from their text.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0714",
    title: "a text that does not read as its type",
    text: "\
`duration` is a text with a unit (`20ms`, `1h30m`, `-5s`), `bytes` is base64 with the standard alphabet. The text in the
record is neither. Declare `string` where it is meant as text.",
    examples: &[],
};

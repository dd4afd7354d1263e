//! Bytes of a record are no UTF-8.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0703",
    title: "a text that is not UTF-8",
    text: "\
JSON is UTF-8. The record has a byte sequence that stands for no character, most often because the producer wrote
Latin-1 or cut a text in the middle of a character. Convert the file (`iconv -f latin1 -t utf-8`), or declare binary
data as `bytes`, which JSON writes in base64.",
    examples: &[],
};

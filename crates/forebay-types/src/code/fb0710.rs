//! A record lacks a field that was declared.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0710",
    title: "a required field is missing",
    text: "\
Every declared field has to be there, unless its type is `optional(T)` or it has a `default`. Check the spelling and the
case of the key; `from` names it where the column has another name than the key in the data.",
    examples: &[],
};

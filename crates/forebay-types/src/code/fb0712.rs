//! A field is not in the schema and extra fields are refused.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0712",
    title: "a field that was not declared",
    text: "\
The source says `extra: reject` and the record holds a field that its schema does not declare. Declare it, or say
`extra: ignore` (the default: it is read over) or `extra: keep` (it is passed on to sinks of the same format).",
    examples: &[],
};

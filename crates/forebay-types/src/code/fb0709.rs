//! A field is null and its type does not allow it.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0709",
    title: "a null that was not declared",
    text: "\
A field is null and its type has no null. Declare `optional(T)` where null or a missing field is meant, and say in
expressions what it stands for with `coalesce`. A `default` fills a field that is missing, not one that is null.",
    examples: &[],
};

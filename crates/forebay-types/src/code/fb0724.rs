//! Texts that grow too long.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0724",
    title: "a text that grew too long",
    text: "\
Texts that an expression joins with `+` may become 1 MiB long, the most that a record may have.",
    examples: &[],
};

//! A model's file and its card do not agree.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0835",
    title: "a model differs from its card",
    text: "\
Each tensor's name, element type, number of dimensions and fixed dimensions in the file have to be those of the card,
since the card is what pipelines are checked against. The message lists every difference. Mend the card if the file
is right; take the right file if the card is.",
    examples: &[],
};

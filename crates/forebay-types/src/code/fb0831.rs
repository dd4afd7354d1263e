//! The file of a model is not on this machine.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0831",
    title: "a model's file is missing",
    text: "\
The card is there, its file is not: `forebay model pull NAME` fetches what comes from a package; what the card calls
`file` has to lie where the card says, counted from the card's own folder.",
    examples: &[],
};

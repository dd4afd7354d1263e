//! A file is not the one that a card means.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0832",
    title: "a file has another digest than its card",
    text: "\
The bytes of the file do not have the sha256 of the card. The file was damaged or cut off, or it is another version
than the card describes; results of an unknown model are worse than none, so nothing runs. A damaged file in the
cache is removed and fetched again by `forebay model pull NAME`. If the new file is what you want, check where it
comes from and write its digest, which the message shows, and a new `version` into the card.",
    examples: &[],
};

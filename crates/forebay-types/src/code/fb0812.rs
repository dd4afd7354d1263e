//! Packed files with damage.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0812",
    title: "a packed file is damaged",
    text: "\
A `.gz` or `.zst` file ends too early or its content is not what its checksum says: most often a copy was interrupted or the file is still being
written. Every whole line before the damage was read and is processed. Get the file whole and run again: positions hold, since what is there
already stays the same.",
    examples: &[],
};

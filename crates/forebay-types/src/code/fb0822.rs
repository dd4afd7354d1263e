//! Full disks.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0822",
    title: "the disk is full",
    text: "\
There was no room for an output. The pipeline goes back to its last commit and tries again with growing waits: make room, and it goes on by itself.
What is committed is whole.",
    examples: &[],
};

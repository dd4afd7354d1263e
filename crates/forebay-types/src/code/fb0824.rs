//! Outputs that somebody else writes.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0824",
    title: "an output is being written already",
    text: "\
Another process, or another pipeline of this run, holds the file open for writing. Two writers would mix their records. Stop the other
one or give each its own path.",
    examples: &[],
};

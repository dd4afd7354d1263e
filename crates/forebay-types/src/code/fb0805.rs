//! Commits that fail.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0805",
    title: "an epoch cannot be committed",
    text: "\
Outputs or the state directory cannot be written or synced: most often the disk is full. Nothing is lost: the pipeline went back to its
last commit, and tries again with growing waits until there is room, or until it is told to stop.",
    examples: &[],
};

//! Outputs that lost what was committed.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0823",
    title: "an output is not what was committed",
    text: "\
The state says that so many bytes of an output are committed, and the file is gone or has another length: somebody changed, removed or
replaced it, perhaps while it was being written, or a disk lost synced data. The state remembers what was published, so removing
results does not make a run publish them again. Put the file back; or do it all again with `--fresh`, after moving the remaining outputs away.",
    examples: &[],
};

//! Outputs that lost what was committed.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0823",
    title: "an output is not what was committed",
    text: "\
The state says that so many bytes of an output are committed, and the file is shorter or gone: somebody changed or removed it, or a disk lost synced
data. Put the file back; or begin anew with `--fresh`, after moving the remaining outputs away.",
    examples: &[],
};

//! Inputs that went away unfinished.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0809",
    title: "an input is gone that was not read to its end",
    text: "\
The state says that a file was read in part, and the source does not find it any more: what was left of it would be missing from the
results without a sign. Put the file back, or point the source at it again; `--fresh` begins anew with the inputs that are there. Files
that were read to their end may go.",
    examples: &[],
};

//! Inputs that were replaced.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0804",
    title: "an input is not what it was",
    text: "\
Positions were saved of a file that now begins differently, or another file has taken its name while it was read: going on in the middle of another file
would give wrong results without a sign. Put the file back, give the new one another name, or begin anew with `--fresh`.",
    examples: &[],
};

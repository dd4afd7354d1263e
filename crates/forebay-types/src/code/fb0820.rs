//! Outputs that are there already.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0820",
    title: "an output file exists",
    text: "\
The pipeline begins anew, or begins a new file, and a file of that name exists that this state knows nothing of; `NAME.partial` is a file
that some run has not finished. Nothing is overwritten. Move the file away or remove it, write to another path, or go on with
the state that it belongs to (`--state DIR`, without `--fresh`).",
    examples: &[],
};

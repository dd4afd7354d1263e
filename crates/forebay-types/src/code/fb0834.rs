//! The cache directory cannot be used.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0834",
    title: "the model cache cannot be used",
    text: "\
Files of models are kept once, by their digest, in the cache directory. The system refused to read or write it: it
belongs to someone else, the disk is full, or it is mounted read-only. Choose another directory with
`FOREBAY_CACHE=DIR`, or mend the one that the message names.",
    examples: &[],
};

//! Outputs that cannot be written.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0821",
    title: "an output cannot be written",
    text: "\
The system gave an error when a file was made, written, synced or renamed; the message has it. Missing rights stop the pipeline, and so do a
path that names no file (a folder, a device, a pipe) and a standard output that its reader has closed; what may pass is tried again from the
last commit, so nothing is lost and nothing is written twice.",
    examples: &[],
};

//! Files that cannot be read.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0811",
    title: "a file cannot be read",
    text: "\
The system gave an error when a file was opened or read; the message has it. Missing rights and folders in place of files stop the pipeline; what
may pass (a network file system that is away) is tried again from the last commit.",
    examples: &[],
};

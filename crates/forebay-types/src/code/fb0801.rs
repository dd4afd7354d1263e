//! State directories that somebody holds.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0801",
    title: "the state directory is in use",
    text: "\
Another process runs with this state directory; the message says which. One state belongs to one process: two would publish results
twice. Stop the other one, or give this run a directory of its own with `--state DIR`.",
    examples: &[],
};

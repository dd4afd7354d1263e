//! Files that are no pipelines.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0117",
    title: "the file is too large",
    text: "\
A file of more than 1 MiB is not read: it is almost always data that was put in place of the file that names it. Tests
may lie in other files, and lists and records always do.",
    examples: &[],
};

//! A list's file that cannot be used.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0840",
    title: "a list cannot be read",
    text: "\
The file of a list is not there, has no such column, or holds a value that is not of the list's type; the message says
file, line and value. A file is CSV with a header where the list has a `column`, and otherwise one value a line. Nothing
starts with a list that cannot be read; while a pipeline runs, a new version that cannot be read is left aside, counted
and reported, and the values from before stay.",
    examples: &[],
};

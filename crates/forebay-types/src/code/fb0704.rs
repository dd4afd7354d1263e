//! A line goes on after its object.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0704",
    title: "something behind the record",
    text: "\
A line holds one object and nothing else. Two records on one line, a comma after each record, or the rest of a line
that was overwritten give this. Write one record a line, without commas between them.",
    examples: &[],
};

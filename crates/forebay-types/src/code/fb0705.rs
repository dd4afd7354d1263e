//! A value is nested deeper than 200 levels.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0705",
    title: "a record that is nested too deep",
    text: "\
Lists and objects inside each other are followed 200 deep, so that no input can exhaust the stack. Only fields that
the schema does not declare can reach that depth; they are read over, and have to be sound all the same. Flatten the
record, or leave the field out.",
    examples: &[],
};

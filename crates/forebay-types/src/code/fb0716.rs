//! A sink's format cannot say a value.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0716",
    title: "a value that cannot be written",
    text: "\
JSON has no NaN and no infinity, dates are texts of the years 0 to 9999, and the shortest of all durations has no text. A
record with such a value in a column that a sink writes is rejected with the name of the column; nothing is written in its
place, since a reader could not tell that from the truth. Guard what makes the value (`b != 0.0 ? a / b : 0.0`), or leave the
column out of the sink's `columns`.",
    examples: &[],
};

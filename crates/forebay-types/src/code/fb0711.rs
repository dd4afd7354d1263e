//! A key stands twice in one object.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0711",
    title: "a field that stands twice",
    text: "\
The same key stands twice in one object. JSON does not say which one counts, and readers differ, so the record is
rejected rather than guessed at. Mend the producer.",
    examples: &[],
};

//! Values that do not convert.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0722",
    title: "a value that does not convert",
    text: "\
`int`, `double`, `string`, `timestamp` or `duration` got a value that is none: a text that is no number or time, a float beyond
i64, bytes that are no UTF-8, a date beyond the calendar.",
    examples: &[],
};

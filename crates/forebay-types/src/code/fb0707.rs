//! A number does not fit its type.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0707",
    title: "a number out of range",
    text: "\
The number is outside the range of its integer type, has a fraction where an integer was declared, or is larger than
a float can hold. `1.0` and `1e3` are integers, `1.5` is none. Declare a wider type (`i64`, `u64`), a `decimal`, or
`f64`.",
    examples: &[],
};

//! Divisions by zero.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0721",
    title: "a division by zero",
    text: "\
An integer or duration in an expression was divided by zero, or its rest was asked for. Floats divide by zero as IEEE 754 says. Guard it:
`b != 0 ? a / b : 0`.",
    examples: &[],
};

//! Results that do not fit.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0720",
    title: "a result that does not fit its type",
    text: "\
An addition, subtraction, multiplication, negation or widening in an expression left the range of its type: i64 (u64 where both sides
are), or a decimal, timestamp or duration, which are i64 underneath. Nothing wraps around; the record is rejected. Floats never do this.",
    examples: &[],
};

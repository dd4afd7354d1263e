//! A value that cannot be aggregated.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0741",
    title: "a value cannot be aggregated",
    text: "\
`emit` was given a float that is not a number, infinite, or 2⁶² and more in size; or, where the value may be null, the one
number that stands for null inside a window (the smallest i64, the largest u64). Windows add up exactly, whatever the order of
the records, and these have no exact sum. The record was rejected and is in no window. Keep such values out: `emit: { avg:
\"mean(abs(x) < 1e15 ? x : 0.0)\" }`, or a `where` on the stage's input.",
    examples: &[],
};

//! A window's sum that its type cannot hold.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0740",
    title: "the sum of a window is too large for its type",
    text: "\
The sum over a window has grown beyond what its type holds: 64 bits for integers and decimals (92,233,720,368,547,758.07
in a decimal(2)), 2⁶³ for floats. The record whose window it is was rejected and is in no window. Shorten the window, or sum
something smaller: `sum(double(amount))` for a rough figure, `mean(amount)`, which has no such limit.",
    examples: &[],
};

//! Items that are not there.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0723",
    title: "an item that the list does not have",
    text: "\
`x[i]` with an `i` below 0 or not below `size(x)`. Guard it: `size(x) > 2 ? x[2] : 0`.",
    examples: &[],
};

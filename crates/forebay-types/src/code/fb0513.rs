//! More columns than an edge may carry.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0513",
    title: "more columns than an edge may carry",
    text: "\
The records between two nodes have at most 4,096 columns, declared and added ones together. `window_features` adds one
for each entry of `emit` and each window, so a few dozen of both are enough to get there. Leave out what nobody needs, or
group columns of a source into a struct or list.",
    examples: &[],
};

//! Messages were deleted before they were read.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0875",
    title: "messages were deleted before they were read",
    text: "\
The position to go on from is not in the partition any more: retention has deleted messages up to a later one. They are lost to this
pipeline, which does not go on as if nothing had happened: the partition stops, the others go on. `on_lost: skip` at the source goes on at
the oldest message that is left, counts the lost ones as dropped, and says so.",
    examples: &[],
};

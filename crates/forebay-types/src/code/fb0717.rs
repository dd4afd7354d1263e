//! A message without a value.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0717",
    title: "a message without a value",
    text: "\
A message without a value (a tombstone) says that its key is gone; it has no columns. It is rejected, unless the source says what it
means: `tombstones: skip` ends it as absorbed (`tombstone`).",
    examples: &[],
};

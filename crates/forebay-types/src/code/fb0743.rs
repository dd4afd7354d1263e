//! A message that the broker refuses.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0743",
    title: "a message that the broker refuses",
    text: "\
The broker took the messages around it and refused this one: a topic that is compacted takes none without a key, and a topic may limit how old a
timestamp is. The reason stands in the broker's own words.",
    examples: &[],
};

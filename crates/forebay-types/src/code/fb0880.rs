//! A topic that is not keyed as the source says.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0880",
    title: "a topic that is not keyed as the source says",
    text: "\
`key: COLUMN` says that messages are keyed by that column: a message's key is the column's text. A look at samples found messages for which
that is not so; the first one stands in the warning. Records of one key may then lie in several partitions and come out of order. Name the column that the producer uses, or mend the producer.",
    examples: &[],
};

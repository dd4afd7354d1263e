//! A topic that is not keyed as the source says.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0880",
    title: "a topic that is not keyed as the source says",
    text: "\
`key: COLUMN` says that messages are partitioned by that column: their key is the column's text, and the partition is that of murmur2,
as Java's producer chooses it. A look at samples found messages for which that is not so. Records of one key may then come out
of order. Name the column that the producer uses, or mend the producer.",
    examples: &[],
};

//! The number of partitions has changed.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0876",
    title: "the number of partitions has changed",
    text: "\
A topic that is read has another number of partitions than when its state was written. Keys are in other partitions now, so records of
one key would come in an order that nobody can tell. Begin anew with `--fresh`, or read a topic that was filled anew.",
    examples: &[],
};

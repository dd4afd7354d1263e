//! The consumer group is not ours alone, or knows another position.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0877",
    title: "the consumer group is not ours alone, or knows another position",
    text: "\
A pipeline that keeps state by key runs in one process (`scale: one`): another consumer of its group would take partitions away, and
the state would not follow. Or the group has positions and the state of this pipeline is not here: it would go on in the middle with
empty windows. Give the pipeline its state back (`--state`), a group of its own (`group:`), or begin anew with `--fresh`.",
    examples: &[],
};

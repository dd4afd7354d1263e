//! A topic that is not there.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0873",
    title: "a topic that is not there",
    text: "\
The connection has no topic of this name, or shows none to this user. Topics are made only by a sink that says `create:`. A topic that
goes away while a pipeline runs stops what it is read for; what is written for it waits until it is there again.",
    examples: &[],
};

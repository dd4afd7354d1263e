//! A tap names an output that there is not.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0852",
    title: "there is no such output to tap",
    text: "\
`forebay tap PIPELINE.NODE` shows what leaves the node, `PIPELINE.NODE.PORT` what leaves by one of several outputs. Each node has
`rejected` beside those of its kind, and a stage that keeps state by key has `behind`. A sink hands nothing on: tap what it reads.",
    examples: &[],
};

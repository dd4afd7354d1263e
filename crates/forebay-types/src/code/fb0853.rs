//! Too many taps.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0853",
    title: "too many look at the pipeline already",
    text: "\
What a tap shows is written on the time of the pipeline. So that looking does it no harm, few may look at once. A tap ends with
the command that opened it.",
    examples: &[],
};

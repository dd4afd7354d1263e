//! Environments without a file.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0603",
    title: "there is no such environment",
    text: "\
`--env NAME` reads `configs/env/NAME.yaml` in the nearest `configs/` upwards of the pipeline.",
    examples: &[],
};

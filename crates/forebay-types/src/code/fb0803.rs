//! State of another pipeline.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0803",
    title: "the state belongs to another pipeline or to other settings",
    text: "\
The state directory was written by a pipeline of another name or in another folder, or with another path of an output; or a stage that
keeps state has other settings now (its key, its windows, what it aggregates), so that the saved state means something else. Run with
`--state DIR` for a directory of its own, or begin anew with `--fresh`. A stage that only changed its name takes its state along with `renamed_from: OLD`.",
    examples: &[],
};

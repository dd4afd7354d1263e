//! Input that comes once.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0813",
    title: "input that cannot be read again",
    text: "\
Standard input and named pipes are read once. A run that is to go on from a saved position, or to go back after a fault, would need what
has passed already, so nothing stronger than `delivery: best_effort` is promised for them. Put the input into a file, ask for best effort
(`--set delivery=best_effort`), or begin anew with `--fresh`.",
    examples: &[],
};

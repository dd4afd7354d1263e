//! Saved windows that cannot be read.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0807",
    title: "saved windows cannot be read",
    text: "\
The state of a `window_features` stage was saved by another version, for other keys or other expressions, or it is damaged. Nothing was
guessed: the stage did not start. Run the version that wrote it, or restore the state directory from a copy, or begin anew with
`--fresh`, which fills the windows from the input again.",
    examples: &[],
};

//! State directories that hold other things.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0808",
    title: "a folder that is no state directory",
    text: "\
The folder named with `--state` holds files that are no part of a state. Forebay neither writes its files among somebody else's nor
removes any (`--fresh` empties state directories only), so nothing was touched. Name a folder that is empty or does not exist.",
    examples: &[],
};

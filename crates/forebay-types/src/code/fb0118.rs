//! Files without content.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0118",
    title: "the file is empty",
    text: "\
There is nothing in the file, or comments only. `forebay new` writes a commented first pipeline that runs.",
    examples: &[],
};

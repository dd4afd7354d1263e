//! State directories that do not read.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0802",
    title: "the state directory does not read",
    text: "\
What the state directory holds is damaged, or a later version of Forebay wrote it. The message names the file and the place. A torn
last write is no damage and is mended without a word. `--fresh` begins anew without the old state.",
    examples: &[],
};

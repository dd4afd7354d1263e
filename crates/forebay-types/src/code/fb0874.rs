//! No right to do this.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0874",
    title: "no right to do this",
    text: "\
The broker knows the user and does not allow this; the message names the topic or group and the right that it needs. Reading needs READ on the
topic and on the group, writing needs WRITE on the topic, and making it CREATE. The README has all of them as commands. At its start a
pipeline ends with this; a right that is taken away while it runs is waited for.",
    examples: &[],
};

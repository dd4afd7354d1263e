//! No right to do this.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0874",
    title: "no right to do this",
    text: "\
The broker knows the user and does not allow this. The README lists exactly what a pipeline needs: reading needs READ and DESCRIBE on
the topic and READ on the group, writing needs WRITE and DESCRIBE on the topic.",
    examples: &[],
};

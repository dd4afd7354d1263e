//! Stages that panic.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0773",
    title: "a stage that panicked",
    text: "\
The code of a stage broke off with a panic. The call was undone and repeated on halves of its batch, down to the record that it
cannot bear; that record is rejected, and all others went through. The reason holds the panic's message: it is a defect of the
stage, to be reported to whoever wrote it.",
    examples: &[],
};

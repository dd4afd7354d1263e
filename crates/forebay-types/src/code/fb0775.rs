//! Stages that give out something else than they said.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0775",
    title: "a stage that does not give what it promised",
    text: "\
A stage emitted a batch without the columns that its kind says it adds, or with fewer rows of them. Whoever read them would break, so
the call was undone and repeated on halves of its batch, down to the record at fault; that record is rejected, and all others went
through. It is a defect of the stage, to be reported to whoever wrote it.",
    examples: &[],
};

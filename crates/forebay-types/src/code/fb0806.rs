//! Defects of the engine itself.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0806",
    title: "a defect of the engine",
    text: "\
A thread of the engine ended with a panic that no stage caused. The pipeline stopped with what was committed, so that another run goes
on from there and nothing is lost or done twice. This is a defect of Forebay: please report it with the message.",
    examples: &[],
};

//! A test makes the calls of a stage fail.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0907",
    title: "a test makes the calls of a stage fail",
    text: "\
Records of a stage that a test mocks with `error` are rejected with this code, as they are with another when its real call
fails. A test that shows what becomes of them expects them: `expect: { rejected: [{ node: score }] }`.",
    examples: &[],
};

//! ONNX Runtime refused a model or failed to run it.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0836",
    title: "a model failed",
    text: "\
ONNX Runtime gave an error when it loaded the file or ran the model. When loading: the file is damaged (`forebay model
verify`) or uses operators that this version does not have. When running: the batch is repeated in halves until the
records at fault are found, which are rejected with this code, and all others go on.",
    examples: &[],
};

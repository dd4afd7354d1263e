//! A model answered with something that is no number.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0760",
    title: "a model's answer is not finite",
    text: "\
The model gave infinity or NaN for this record. No rule compares with it as one would expect and JSON cannot write
it, so the record is rejected instead of passed on with a made-up value. Look at the record's inputs: a value far
outside of what the model was trained on is the usual cause; a `where` before the stage keeps such records away.",
    examples: &[],
};

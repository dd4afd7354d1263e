//! ONNX Runtime is not there or not usable.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0830",
    title: "ONNX Runtime cannot be loaded",
    text: "\
Models run in ONNX Runtime, a library that Forebay loads when a pipeline with a model starts. It comes out of a Python
wheel of exact version and is kept in the cache directory (`$FOREBAY_CACHE`, else `$XDG_CACHE_HOME/forebay`, else
`~/.cache/forebay`). `forebay model pull` fetches it together with the models. A process loads it once: a second,
different library needs a second process.",
    examples: &[],
};

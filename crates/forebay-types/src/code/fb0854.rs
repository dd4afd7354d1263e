//! A run does not answer.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0854",
    title: "a run does not answer",
    text: "\
The process is there, and nobody answers at its admin address within a second, or what answers is not Forebay. A worker that has
crashed is back soon, and the process says so meanwhile; one that is stopped (`kill -STOP`), or that the system gives no time, says
nothing. `forebay stop` falls back to a signal where the process runs this pipeline alone.",
    examples: &[],
};

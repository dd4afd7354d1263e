//! A dead letter that nobody can read.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0889",
    title: "a dead letter that nobody can read",
    text: "\
What stands in the topic or file is no dead letter of Forebay: it has no JSON object with `code`, `stream` and `position`. Somebody else writes
there too, or the sink of dead letters leaves those columns out. It is left where it is, and counted.",
    examples: &[],
};

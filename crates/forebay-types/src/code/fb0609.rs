//! Two cards of one model.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0609",
    title: "two cards of one model and version",
    text: "\
`model: NAME@VERSION` has to lead to one card. Give each card a `version` of its own and call the files `NAME@VERSION.yaml`.",
    examples: &[],
};

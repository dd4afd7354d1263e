//! Records past their deadline.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0772",
    title: "a record past its deadline",
    text: "\
The result came after the deadline of the record's `slo`, and the `slo` says `on_late: reject`. With `on_late: publish` it would be
published with `_late` set.",
    examples: &[],
};

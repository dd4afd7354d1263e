//! Records older than the watermark.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0770",
    title: "a record that is behind",
    text: "\
The event time of the record is older than the watermark of its stream: the highest event time that the stream had shown before it,
less `event_time.out_of_order`. A keyed stage takes such a record into no state, since others have been answered without it. Read
the stage's `.behind` output to do something else with these records, or declare a larger `out_of_order`.",
    examples: &[],
};

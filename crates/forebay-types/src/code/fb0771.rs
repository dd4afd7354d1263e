//! Records from the future.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0771",
    title: "an event time too far in the future",
    text: "\
The record says that it happened more than `event_time.max_ahead` after it was read (for a file: after the file was last written).
One such record would move the watermark of its stream and make every honest record after it *behind*, so it is rejected and moves
no watermark. Mend the clock of the sender, or declare a larger `max_ahead`.",
    examples: &[],
};

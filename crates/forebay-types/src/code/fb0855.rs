//! A run refuses an order.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0855",
    title: "the run refuses what it was asked",
    text: "\
A pipeline that is being drained, or has ended, can neither be paused nor go on. Orders and taps are taken from the machine that the
pipeline runs on alone, and there from its own user and root: the connection has to come from the loopback, `Host` has to be an
address or `localhost`, and the content type `application/json`, so that no web page in a browser can send one.",
    examples: &[],
};

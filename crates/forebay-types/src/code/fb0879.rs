//! A connection that cannot be used.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0879",
    title: "a connection that cannot be used",
    text: "\
What the file of a connection says is not enough to make a client: a certificate or key that is not there or is none, a certificate
without its key, no brokers. The message names the part. A file that is not there counts as away (exit code 3).",
    examples: &[],
};

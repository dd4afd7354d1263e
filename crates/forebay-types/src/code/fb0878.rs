//! The client cannot go on.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0878",
    title: "the client cannot go on",
    text: "\
The Kafka client met something that neither waiting nor this version of Forebay mends; its own words stand in the message. The pipeline goes back
to its last commit and tries again with a new client; where that does not help either it stops with what is committed.",
    examples: &[],
};

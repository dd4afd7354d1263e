//! Dead letters that cannot be looked at.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0887",
    title: "dead letters that cannot be looked at",
    text: "\
`forebay dlq` reads what a pipeline's sink with `input: rejected` has written to a Kafka topic or to files. This pipeline has no such sink, or
it writes to standard output. Add one: `dead: { input: rejected, kafka: { connection: NAME, topic: NAME } }`.",
    examples: &[],
};

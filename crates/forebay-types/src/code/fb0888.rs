//! A replay that cannot be.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0888",
    title: "a replay that cannot be",
    text: "\
A replay sends the messages of dead letters back to the Kafka topic that they came from. Records that came from a file are not sent
anywhere: mend the lines that the letters name (`forebay dlq show FILE` prints stream, position and bytes) in a new file and run the
pipeline on that one, for example with `--from SOURCE=PATH` and a state of its own. Letters in a file have no offsets that would say what was
replayed: let `rejected` go to a topic.",
    examples: &[],
};

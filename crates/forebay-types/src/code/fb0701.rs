//! A line does not read as JSON.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0701",
    title: "a line that is no JSON",
    text: "\
The text breaks the rules of JSON at the byte that the message names: a quote or bracket is missing, a comma is
one too many, a word is not `true`, `false` or `null`, or the line ends in the middle of the record. JSON Lines
holds one whole record a line, so a record that was written over several lines is several broken ones. Mend the
producer, for example with `jq -c .`; the rejected record keeps the line as it came.",
    examples: &[],
};

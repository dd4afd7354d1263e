//! A line is JSON, but not an object.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0702",
    title: "a line that is no object",
    text: "\
Each line of JSON Lines is one record, and a record is an object: `{\"name\": value, …}`. A list, a text or a number
has no field names, so there are no columns to put it into. Where a file holds one list of objects, write its items
one a line: `jq -c '.[]' in.json`.",
    examples: &[],
};

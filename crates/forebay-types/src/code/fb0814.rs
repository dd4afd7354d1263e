//! Formats that files do not have yet.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0814",
    title: "a format that files do not have yet",
    text: "\
The `file` source and sink read and write JSON Lines (`format: json`), one object a line. CSV and Parquet come later.",
    examples: &[],
};

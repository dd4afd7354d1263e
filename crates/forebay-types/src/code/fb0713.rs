//! A timestamp or date cannot be read.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0713",
    title: "a time that does not read",
    text: "\
A `timestamp` is RFC 3339 text with a zone (`2026-01-31T12:00:00Z`, `2026-01-31T13:00:00.5+01:00`), a
`timestamp(ms)` a number of that unit since 1970, a `date` is `2026-01-31`. A time without a zone could be any of
many, so it is refused. Timestamps lie between the years 1677 and 2262, to the nanosecond; a number far outside is
mostly one in another unit than declared.",
    examples: &[],
};

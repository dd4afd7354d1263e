//! What a record gets when its expression has no value.

use forebay_types::code::{self, Code};

/// The expression has no value for a row.
#[derive(Clone, Copy, Debug)]
pub struct Fault<'a> {
    /// Row of the batch's row space.
    pub row: usize,
    pub code: &'static Code,
    /// Which part of the expression failed and how. Holds no value of any column.
    pub text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Overflow,
    DivisionByZero,
    Conversion,
    Index,
    TooLong,
    Null,
}

/// A part of an expression that may fail, and in which way.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub code: &'static Code,
    pub text: Box<str>,
}

impl Site {
    pub fn new(cause: Cause, source: &str) -> Site {
        let (code, what) = match cause {
            Cause::Overflow => (&code::VALUE_OVERFLOW, "the result does not fit its type"),
            Cause::DivisionByZero => (&code::VALUE_DIVISION, "the divisor is zero"),
            Cause::Conversion => (&code::VALUE_CONVERSION, "the value does not convert"),
            Cause::Index => (&code::VALUE_INDEX, "the list has no such item"),
            Cause::TooLong => (&code::VALUE_TOO_LONG, "the text is longer than 1 MiB"),
            Cause::Null => (&code::VALUE_CONVERSION, "there is no value"),
        };
        Site { code, text: format!("`{source}`: {what}").into() }
    }
}

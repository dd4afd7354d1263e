//! What verbs say on standard output. Where nobody reads it any more, as behind `| head`, the verb ends instead of panicking.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

use crate::failure::Failure;

/// `print!` that gives a result.
macro_rules! tell {
    ($($words:tt)*) => { $crate::tell::tell(format_args!($($words)*)) };
}

pub fn tell(words: Arguments<'_>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_fmt(words).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::Unheard,
        _ => Failure::io("write to standard output")(error),
    })
}

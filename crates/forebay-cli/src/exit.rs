//! Exit codes, by who has to act: whoever wrote the file, whoever made the call, or whoever keeps what both need. Of several the
//! highest counts.

use std::process::ExitCode;

use forebay_node::{Away, Error};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Good = 0,
    /// What a file says is wrong, or what ran failed.
    Fault = 1,
    /// The call is wrong: an argument, or a name that it gives.
    Usage = 2,
    /// Something that is needed is away, held by somebody or full, whoever named it.
    Away = 3,
    /// What had been taken in was not done by the deadline.
    Late = 4,
}

impl Exit {
    /// What an error of a run or of a model means for whoever called.
    pub fn of(error: &Error) -> Exit {
        match error.away {
            Away::Yes => Exit::Away,
            Away::No => Exit::Fault,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

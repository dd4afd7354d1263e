//! Exit codes.

use std::process::ExitCode;

use forebay_node::{Away, Error};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Good = 0,
    /// The thing that was checked or run is at fault.
    Fault = 1,
    Usage = 2,
    /// Something that is needed is away.
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

//! Why a verb did not do what it was asked to. Exit codes are those of `forebay`.

use std::fmt;
use std::process::ExitCode;

#[derive(Debug)]
pub enum Failure {
    /// What was checked is at fault.
    Fault(String),
    /// The words on the command line are.
    Usage(String),
    /// Somebody ended it with Ctrl-C; the text says what is left.
    Stopped(String),
    /// Whoever read the output has seen enough, as `head` does.
    Unheard,
    /// Something that is needed is not there; the text says how to get it.
    Away(String),
}

impl Failure {
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Fault(_) => ExitCode::from(1),
            Failure::Usage(_) => ExitCode::from(2),
            Failure::Away(_) => ExitCode::from(3),
            // What a shell says of a program that was ended by SIGINT.
            Failure::Stopped(_) => ExitCode::from(130),
            // What a shell says of a program that was ended by SIGPIPE.
            Failure::Unheard => ExitCode::from(141),
        }
    }

    /// For `map_err`: what was tried, and why it did not work.
    pub fn io(tried: impl Into<String>) -> impl FnOnce(std::io::Error) -> Failure {
        let tried = tried.into();
        move |error| Failure::Fault(format!("cannot {tried}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Fault(why) | Failure::Usage(why) | Failure::Away(why) | Failure::Stopped(why) => {
                f.write_str(why)
            }
            Failure::Unheard => f.write_str("nobody reads the output"),
        }
    }
}

//! Why something cannot be brought up or cannot go on: the code, where it happened, cause and cure.

use std::fmt;

use forebay_stage::{Fault, FaultKind};
use forebay_types::Span;
use forebay_types::code::{self, Code};

#[derive(Clone, Debug)]
pub struct Error {
    pub code: &'static Code,
    /// `NAMESPACE/NAME`, when it is about one pipeline.
    pub pipeline: Option<String>,
    /// The node where it happened.
    pub node: Option<String>,
    /// Where the file, or an argument, says what cannot be done.
    pub place: Option<Span>,
    /// Cause and cure.
    pub message: String,
    pub away: Away,
}

/// Whose fault it is, for exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// What was asked for is wrong.
    No,
    /// Something that is needed is not there: the same call may work later.
    Yes,
}

impl Error {
    pub fn new(code: &'static Code, message: impl Into<String>) -> Error {
        Error { code, pipeline: None, node: None, place: None, message: message.into(), away: away(code) }
    }

    pub fn of(pipeline: &str, node: Option<&str>, fault: &Fault) -> Error {
        let kind = if fault.kind == FaultKind::Away { Away::Yes } else { away(fault.code) };
        let (pipeline, node) = (Some(pipeline.to_string()), node.map(str::to_string));
        Error { pipeline, node, away: kind, ..Error::new(fault.code, fault.message.clone()) }
    }

    pub fn in_pipeline(self, pipeline: &str) -> Error {
        Error { pipeline: Some(pipeline.to_string()), ..self }
    }
}

impl From<forebay_onnx::Error> for Error {
    fn from(error: forebay_onnx::Error) -> Error {
        Error::new(error.code(), error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pipeline) = &self.pipeline {
            write!(f, "{pipeline}: ")?;
        }
        if let Some(node) = &self.node {
            write!(f, "{node}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Codes that say that something is not there, held by somebody or full, whoever gives them.
fn away(code: &'static Code) -> Away {
    let away = [
        &code::STATE_IN_USE,
        &code::COMMIT_FAILED,
        &code::NO_FILE,
        &code::FILE_UNREADABLE,
        &code::OUTPUT_UNWRITABLE,
        &code::OUTPUT_IN_USE,
        &code::DISK_FULL,
        &code::RUNTIME_AWAY,
        &code::MODEL_AWAY,
        &code::MODEL_FETCH,
        &code::MODEL_CACHE,
        &code::ADMIN_ADDRESS,
        &code::NOT_RUNNING,
        &code::TOO_MANY_TAPS,
        &code::NO_ANSWER,
        &code::NO_SECRET,
        &code::KAFKA_AWAY,
    ];
    if away.contains(&code) { Away::Yes } else { Away::No }
}

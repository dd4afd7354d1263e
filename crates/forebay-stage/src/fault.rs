//! Why a call failed, and what the engine does about it.

use std::fmt;

use forebay_types::code::Code;

/// A failed call. A bad *record* is no fault: it is rejected through the context.
#[derive(Clone, Debug)]
pub struct Fault {
    pub kind: FaultKind,
    pub code: &'static Code,
    /// Cause and cure; the engine adds pipeline, node and stream.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The call did not work out with this batch: it is repeated on halves, down to the record at fault.
    Call,
    /// Something outside is away (a disk is full, a broker does not answer): the epoch is undone and tried again.
    Away,
    /// Of a reader: this stream cannot go on. Its records up to here count, and the others do not notice.
    Stream,
    /// Going on makes no sense: the pipeline stops with what is committed.
    Fatal,
}

impl Fault {
    pub fn call(code: &'static Code, message: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Call, code, message: message.into() }
    }

    pub fn away(code: &'static Code, message: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Away, code, message: message.into() }
    }

    pub fn stream(code: &'static Code, message: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Stream, code, message: message.into() }
    }

    pub fn fatal(code: &'static Code, message: impl Into<String>) -> Fault {
        Fault { kind: FaultKind::Fatal, code, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code.id, self.message)
    }
}

impl std::error::Error for Fault {}

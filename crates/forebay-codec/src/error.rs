//! Why a record was rejected, when it was read or when it was to be written: which rule, which field, where in the line. Faults are rare, so they are boxed and
//! may allocate; the good path carries a pointer.

use std::fmt;

use forebay_types::code::{self, Code};

/// One record that could not be read or written.
#[derive(Clone, Debug)]
pub struct RecordError {
    pub code: &'static Code,
    /// The declared field at fault, with the way into it: `items[3].price`.
    pub field: Option<String>,
    /// Byte offset in the line; 0 where the record was to be written.
    pub at: usize,
    /// The cause and, where there is a short one, the cure. Names the field. Never holds a sensitive value.
    pub message: String,
}

/// The error of one record on its way up to the field that it belongs to.
pub(crate) type Fault = Box<RecordError>;

impl RecordError {
    #[cold]
    pub(crate) fn fault(code: &'static Code, at: usize, message: impl Into<String>) -> Fault {
        Box::new(RecordError { code, field: None, at, message: message.into() })
    }

    /// A record of more bytes than are allowed, which was never held in memory.
    pub fn too_long(len: u64, limit: usize) -> RecordError {
        let message = format!("the record has {len} bytes, at most {limit} are allowed");
        RecordError { code: &code::RECORD_TOO_LONG, field: None, at: 0, message }
    }

    /// Says that the fault lies inside this field or item.
    #[cold]
    pub(crate) fn inside(mut self: Box<Self>, outer: &str) -> Fault {
        let path = match self.field.take() {
            None => outer.to_string(),
            Some(inner) if inner.starts_with('[') => format!("{outer}{inner}"),
            Some(inner) => format!("{outer}.{inner}"),
        };
        self.field = Some(path);
        self
    }

    /// The finished error: from here on the message names the field.
    #[cold]
    pub(crate) fn finish(mut self) -> RecordError {
        if let Some(field) = &self.field {
            self.message = format!("field `{field}`: {}", self.message);
        }
        self
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.code.id, self.at, self.message)
    }
}

impl std::error::Error for RecordError {}

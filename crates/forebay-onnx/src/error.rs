//! What can go wrong with a model before and while it runs: place, cause and cure, each kind with its code.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use forebay_stage::Fault;
use forebay_stage::types::code::{self, Code};

#[derive(Debug)]
pub enum Error {
    /// The system refused something in the cache directory or with a model's file.
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// There is no file.
    Away { what: String, path: PathBuf, cure: String },
    /// There is a file, and it is not the one that was meant.
    Digest { what: String, path: PathBuf, wanted: String, found: String, cure: String },
    /// A package or its member could not be had.
    Fetch { package: String, why: String, cure: String },
    /// ONNX Runtime itself is not usable.
    Runtime { why: String },
    /// File and card disagree; each difference in its own words.
    Differs { model: String, path: PathBuf, differences: Vec<String> },
    /// ONNX Runtime refused the file, or failed to run it.
    Failed { model: String, path: PathBuf, why: String },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { action, path, source }
    }

    pub fn code(&self) -> &'static Code {
        match self {
            Error::Io { .. } => &code::MODEL_CACHE,
            Error::Away { .. } => &code::MODEL_AWAY,
            Error::Digest { .. } => &code::MODEL_DIGEST,
            Error::Fetch { .. } => &code::MODEL_FETCH,
            Error::Runtime { .. } => &code::RUNTIME_AWAY,
            Error::Differs { .. } => &code::MODEL_DIFFERS,
            Error::Failed { .. } => &code::MODEL_FAILED,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { action, path, source } => write!(
                f,
                "cannot {action} {}: {source}; mend that, or choose another cache directory with FOREBAY_CACHE",
                path.display()
            ),
            Error::Away { what, path, cure } => {
                write!(f, "the file of {what} is not there: {}; {cure}", path.display())
            }
            Error::Digest { what, path, wanted, found, cure } => write!(
                f,
                "{} is not {what}: its sha256 is {found}, and should be {wanted}; {cure}",
                path.display()
            ),
            Error::Fetch { package, why, cure } => write!(f, "cannot fetch {package}: {why}; {cure}"),
            Error::Runtime { why } => f.write_str(why),
            Error::Differs { model, path, differences } => {
                write!(f, "the card of {model} and the file {} differ:", path.display())?;
                differences.iter().try_for_each(|difference| write!(f, "\n  - {difference}"))?;
                f.write_str("\nmend the card if the file is right, or take the file that the card means")
            }
            Error::Failed { model, path, why } => {
                write!(f, "ONNX Runtime failed on {model} ({}): {why}", path.display())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A model that cannot be opened stops the pipeline.
impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::fatal(error.code(), error.to_string())
    }
}

//! Addresses with what it takes to use them: files of `configs/connections/`, and the secrets that they name.

use std::fmt;

use forebay_types::kind::NoModels;
use forebay_types::{Record, code};

use crate::Fault;

/// Where nodes get connections from.
pub trait Connections {
    /// What stands under `spec` in the file of a connection. Replacements of the environment have been made in the name
    /// already; paths in it are resolved.
    fn connection(&self, name: &str) -> Result<Record, Fault>;

    /// A text with its `${secret:N}` filled in from this host.
    fn secret(&self, text: &str) -> Result<Secret, Fault>;
}

impl Connections for NoModels {
    fn connection(&self, name: &str) -> Result<Record, Fault> {
        let message = format!("there are no connections, and `{name}` was asked for");
        Err(Fault::fatal(&code::UNKNOWN_CONNECTION, message))
    }

    fn secret(&self, _: &str) -> Result<Secret, Fault> {
        Err(Fault::fatal(&code::NO_SECRET, "there are no secrets here"))
    }
}

/// A password or key. It is printed as `•••` wherever it is printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret itself, for whom it is meant for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

//! Why a bench cannot be run: what was done, and what came in the way. A target that does not hold is no failure here.

use std::fmt;

#[derive(Debug)]
pub struct Failure {
    what: String,
}

impl Failure {
    pub fn new(what: impl Into<String>) -> Failure {
        Failure { what: what.into() }
    }

    /// For `map_err`: what could not be done.
    pub fn doing<E: fmt::Display>(what: impl Into<String>) -> impl FnOnce(E) -> Failure {
        let what = what.into();
        move |error| Failure { what: format!("{what}: {error}") }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

//! What goes to the terminal, and whether in colour.

use std::io::{self, IsTerminal, Write};

use forebay_node::Error;
use forebay_types::{Diagnostic, Files};

use crate::exit::Exit;

/// Writes results to standard output. Whoever stops reading has seen enough: that ends the process quietly.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(Exit::Good as i32);
    }
}

/// Writes what is said about results to standard error. Nobody may be listening.
pub fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Colours for one stream.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    pub fn stdout() -> Paint {
        Paint { on: io::stdout().is_terminal() && wanted() }
    }

    pub fn stderr() -> Paint {
        Paint { on: io::stderr().is_terminal() && wanted() }
    }

    pub fn is_on(self) -> bool {
        self.on
    }

    pub fn bold(self, text: &str) -> String {
        self.tone("1", text)
    }

    pub fn red(self, text: &str) -> String {
        self.tone("1;31", text)
    }

    pub fn yellow(self, text: &str) -> String {
        self.tone("1;33", text)
    }

    pub fn cyan(self, text: &str) -> String {
        self.tone("1;36", text)
    }

    fn tone(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// NO_COLOR with any value but the empty one says no.
fn wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// An error that no reading of files could find: where it happened, cause and cure, and where to read more.
pub fn error_text(error: &Error, files: &Files, paint: Paint) -> String {
    let mut out = match error.place {
        Some(place) => Diagnostic::error(error.code, place, &*error.message).render(files, paint.is_on()),
        None => format!("{}: {}\n", paint.red(&format!("error[{}]", error.code.id)), error.message),
    };
    let node = error.node.as_ref().map(|node| format!("`{node}`"));
    let place: Vec<String> = node.into_iter().chain(error.pipeline.clone()).collect();
    if error.place.is_none() && !place.is_empty() {
        out.push_str(&format!("  {} {}\n", paint.cyan("in:"), place.join(" of ")));
    }
    out.push_str(&format!("  {} `forebay explain {}` says more\n", paint.cyan("help:"), error.code.id));
    out
}

/// Says an error and gives its exit code.
pub fn refuse(error: &Error) -> Exit {
    say(&error_text(error, &Files::default(), Paint::stderr()));
    Exit::of(error)
}

/// Says that the call itself is wrong.
pub fn misuse(message: &str) -> Exit {
    say(&format!("{}: {message}\n", Paint::stderr().red("error")));
    Exit::Usage
}

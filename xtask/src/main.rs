//! `cargo xtask VERB`: everything that is done more than once in this repository.
//!
//! It has to build in seconds on a machine that has nothing but a Rust toolchain, so it depends on next to nothing and
//! calls `cargo` and `forebay` as programs. It touches the network only through cargo, apt, pip and Maven. A verb that cannot
//! work yet is not listed.

mod failure;
#[macro_use]
mod tell;
mod args;
mod shell;
mod metadata;
mod check;
mod setup;
mod suite;
mod generate;
mod demo;
mod kafka;
mod bench;
mod ci;

use std::process::ExitCode;

use args::{Request, Verb};
use failure::Failure;

/// In the order in which a newcomer needs them.
fn verbs() -> Vec<&'static Verb> {
    let mut verbs =
        vec![&demo::VERB, &suite::VERB, &setup::VERB, &check::VERB, &ci::VERB, &generate::VERB, &kafka::VERB];
    if bench::is_there() {
        verbs.push(&bench::VERB);
    }
    verbs
}

fn main() -> ExitCode {
    let done = match args::read(&verbs(), std::env::args().skip(1)) {
        Ok(Request::Help(text)) => tell!("{text}"),
        Ok(Request::Run(verb, args)) => (verb.run)(&args),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Unheard) {
                eprintln!("xtask: {failure}");
            }
            failure.exit_code()
        }
    }
}

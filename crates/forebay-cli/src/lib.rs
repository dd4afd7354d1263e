//! The `forebay` command: each verb is a module that takes its arguments and gives an exit code.
//!
//! A library, so that a binary with stages of its own has the same command: it calls [`main`] with a longer list of kinds.
//! Results go to standard output, what is said about them to standard error. Exit codes are those of
//! [`Exit`]; a call that `clap` refuses ends with the same 2.

mod args;
mod exit;
mod output;
mod table;
mod diagnostics;

mod validate;
mod plan;
mod test;
mod run;
mod live;
mod new;
mod dlq;
mod model;
mod kinds;
mod explain;
mod schema;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use forebay_node::Registry;

use args::{Cli, Verb};

pub use exit::Exit;

/// The command with the arguments of this process.
pub fn main(registry: &Registry) -> ExitCode {
    call(std::env::args_os(), registry).into()
}

/// The command with these arguments, the first of which is the name of the program. `run` starts this very program again
/// with the arguments of this process, and whoever is started has to come here with the same ones.
pub fn call(arguments: impl IntoIterator<Item = OsString>, registry: &Registry) -> Exit {
    let cli = Cli::parse_from(arguments);
    match &cli.verb {
        Verb::Validate(args) => validate::run(args, registry),
        Verb::Plan(args) => plan::run(args, registry),
        Verb::Test(args) => test::run(args, registry),
        Verb::Run(args) => run::run(args, registry),
        Verb::Ps(args) => live::ps::run(args),
        Verb::Top(args) => live::top::run(args),
        Verb::Tap(args) => live::tap::run(args),
        Verb::Pause(args) => live::hold::pause(args),
        Verb::Resume(args) => live::hold::resume(args),
        Verb::Stop(args) => live::stop::run(args),
        Verb::New(args) => new::run(args),
        Verb::Dlq(args) => dlq::run(args, registry),
        Verb::Model(args) => model::run(args),
        Verb::Kinds(args) => kinds::run(args, registry),
        Verb::Explain(args) => explain::run(args),
        Verb::Schema(args) => schema::run(args, registry),
    }
}

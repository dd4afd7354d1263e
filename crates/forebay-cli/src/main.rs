//! The `forebay` binary: the command with the kinds that come with Forebay.

use std::process::ExitCode;

fn main() -> ExitCode {
    forebay_cli::main(&forebay_node::registry())
}

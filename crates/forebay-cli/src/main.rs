//! The `forebay` binary: the command with the kinds that come with Forebay.

use std::process::ExitCode;

/// Messages are taken by one thread and let go of by another, all the time: the system's allocator has locks for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    forebay_cli::main(&forebay_node::registry())
}

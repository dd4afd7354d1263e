//! `forebay run FILE…` is two processes: a small parent that does no work and so does not crash, and a worker that it
//! starts again when that one does.
//!
//! Reading order: `link` is what passes between them; `parent` starts, judges and restarts workers; `worker` runs the
//! pipelines; `log`, `line`, `ledger` and `panics` are what people and programs get to see of it.

mod link;
mod parent;
mod worker;
mod log;
mod line;
mod ledger;
mod panics;

use forebay_node::Registry;

use crate::args::Run;
use crate::exit::Exit;
use crate::output::misuse;

pub fn run(args: &Run, registry: &Registry) -> Exit {
    if args.state.is_some() && args.files.files.len() > 1 {
        return misuse(
            "--state DIR holds the state of one pipeline, and several are to run: leave it out, or run one at a time",
        );
    }
    match link::from_parent() {
        Some(link) => worker::run(args, registry, link),
        None => parent::run(args),
    }
}

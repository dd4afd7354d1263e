//! `forebay run FILE…` is two processes: a small parent that does no work and so does not crash, and a worker that it
//! starts again when that one does.
//!
//! Reading order: `link` is what passes between them; `parent` starts workers and judges their ends, `restarts` says when
//! another one follows; `start` brings all pipelines to work or none, and `worker` runs them. Everything that is said goes
//! through `voice`: what there is to say of pipelines is in `log`, the status line in `line`, panics in `panics`. `ledger` is
//! the account at the end.

mod link;
mod parent;
mod restarts;
mod start;
mod worker;
mod voice;
mod log;
mod line;
mod panics;
mod ledger;

use forebay_node::Registry;

use crate::args::Run;
use crate::exit::Exit;
use voice::Voice;

pub fn run(args: &Run, registry: &Registry) -> Exit {
    let voice = Voice::new(args.files.json);
    panics::tell(voice.clone());
    if args.state.is_some() && args.files.files.len() > 1 {
        return voice.misuse(
            "--state DIR holds the state of one pipeline, and several are to run: leave it out, or run one at a time",
        );
    }
    match link::from_parent() {
        Some(link) => worker::run(args, registry, link, voice),
        None => parent::run(&voice),
    }
}

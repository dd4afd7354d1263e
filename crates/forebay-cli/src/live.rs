//! Verbs on what runs: `ps`, `top`, `tap`, `pause`, `resume`, `stop`.
//!
//! They speak to the admin address of a run, which its file in the run-time directory names. Reading order: `target` is how a
//! pipeline is named and `client` how one is spoken to; `find` says which run a name means; each verb has a module.
//!
//! What holds: nobody waits without end for a run that does not answer, and an error says what runs instead.

mod target;
mod client;
mod find;

pub mod ps;
pub mod top;
pub mod tap;
pub mod hold;
pub mod stop;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use forebay_node::Error;
use forebay_types::code;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::exit::Exit;
use crate::output::refuse;

pub use target::Target;

/// Why a verb does not do what was asked.
#[derive(Debug)]
struct Refusal(Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal(error)
    }
}

impl Refusal {
    /// Says it. A name that means nothing, or several things, is a wrong call.
    fn say(&self) -> Exit {
        let exit = refuse(&self.0);
        let is_name = [&code::SEVERAL_RUNNING, &code::NO_OUTLET].contains(&self.0.code);
        if is_name { Exit::Usage } else { exit }
    }
}

fn refused<T>(code: &'static code::Code, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(Error::new(code, message)))
}

fn ended(done: Result<Exit, Refusal>) -> Exit {
    done.unwrap_or_else(|refusal| refusal.say())
}

/// Set once somebody wants the end: the command then leaves the terminal as it was, and says what there is to say.
#[derive(Clone, Default)]
struct Quit(Arc<AtomicBool>);

impl Quit {
    fn on_signals() -> Quit {
        let quit = Quit::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // Without it the signal ends the process as it always does.
            let _ = signal_hook::flag::register(signal, quit.0.clone());
        }
        quit
    }

    fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

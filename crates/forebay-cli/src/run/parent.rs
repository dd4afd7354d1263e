//! The parent: starts a worker, forwards signals as orders, and starts another one when it crashes.
//!
//! A worker that died by its own doing (a signal of a crash, or a panic) leaves a mark: what was in flight is worked
//! on record by record by the next one. A worker that was killed from outside is started again without one, since that says
//! nothing about its records. Workers that die without anything being committed in between end the run.

use std::io::PipeWriter;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use forebay_node::Error;
use forebay_types::code;
use signal_hook::consts::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGINT, SIGKILL, SIGSEGV, SIGTERM};
use signal_hook::iterator::Signals;

use super::link::{self, Order, Report, ToWorker};
use super::log::Log;
use crate::args::Run;
use crate::exit::Exit;
use crate::output::{refuse, say};

/// Workers in a row that may die without anything being committed. A record that crashes its worker is set aside at the third
/// start, so that several bad records at the very beginning fit.
const FRUITLESS: u32 = 8;

/// What a panic ends with.
const PANICKED: i32 = 101;

/// What signals and reports leave for the parent.
#[derive(Default)]
struct Shared {
    /// The way to the worker at work.
    orders: Option<PipeWriter>,
    /// Signals so far.
    signals: u32,
    states: Vec<PathBuf>,
    /// A worker had every pipeline at work.
    begun: bool,
    /// The worker at work has committed something.
    progress: bool,
}

pub fn run(args: &Run) -> Exit {
    let shared = Arc::new(Mutex::new(Shared::default()));
    if let Err(error) = forward_signals(shared.clone()) {
        return refuse(&away(format!("signals cannot be taken: {error}")));
    }
    let log = Log::new(args.files.json);
    let mut fruitless = 0;
    for attempt in 0.. {
        let status = match work(&shared, attempt) {
            Ok(status) => status,
            Err(error) => return refuse(&away(format!("a worker cannot be started: {error}"))),
        };
        let death = match Death::of(status) {
            Ok(exit) => return exit,
            Err(death) => death,
        };
        let (states, stopping) = {
            let mut shared = lock(&shared);
            fruitless = if std::mem::take(&mut shared.progress) { 1 } else { fruitless + 1 };
            (shared.states.clone(), shared.signals > 0)
        };
        if death.crashed {
            note(&states);
        }
        if stopping {
            say(&format!(
                "the worker {} before it had drained; what is not committed is done again by the next run\n",
                death.how
            ));
            return Exit::Late;
        }
        if fruitless >= FRUITLESS {
            let message = format!(
                "{fruitless} workers in a row died without anything being committed, the last one {}; what is committed stands, and \
                 the next run goes on from there",
                death.how
            );
            return refuse(&Error::new(&code::WORKER_CRASHES, message));
        }
        log.restarted(&death.how, death.crashed, attempt + 1);
        std::thread::sleep(link::pause(fruitless));
    }
    unreachable!("the loop above ends by returning")
}

fn away(message: String) -> Error {
    Error { away: forebay_node::Away::Yes, ..Error::new(&code::WORKER_CRASHES, message) }
}

/// Notes for the next worker what was in flight. What cannot be noted is worked on as before, and said.
fn note(states: &[PathBuf]) {
    for error in states.iter().filter_map(|state| forebay_node::note_crash(state).err()) {
        say(&format!("the crash could not be noted: {error}\n"));
    }
}

/// Runs one worker to its end.
fn work(shared: &Arc<Mutex<Shared>>, attempt: u32) -> std::io::Result<ExitStatus> {
    // This very program, even where its file has been replaced meanwhile.
    let mut command = Command::new("/proc/self/exe");
    command.args(std::env::args_os().skip(1));
    let to_worker = ToWorker::new(&mut command, attempt, lock(shared).begun)?;
    let mut child = command.spawn()?;
    let (orders, reports) = to_worker.started();
    {
        let mut shared = lock(shared);
        shared.orders = Some(orders);
        // A signal that came while there was no worker.
        repeat_orders(&mut shared);
    }
    link::read_reports(reports, |report| {
        let mut shared = lock(shared);
        match report {
            Report::State(path) if shared.states.contains(&path) => {}
            Report::State(path) => shared.states.push(path),
            Report::Begun => shared.begun = true,
            Report::Progress => shared.progress = true,
        }
    });
    let status = child.wait();
    lock(shared).orders = None;
    status
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first signal drains, the second aborts.
fn forward_signals(shared: Arc<Mutex<Shared>>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let work = move || {
        for _ in signals.forever() {
            let mut shared = lock(&shared);
            shared.signals += 1;
            let order = if shared.signals == 1 { Order::Drain } else { Order::Abort };
            if let Some(orders) = &mut shared.orders {
                link::send(orders, order);
            }
        }
    };
    std::thread::Builder::new().name("forebay-signals".into()).spawn(work).map(drop)
}

fn repeat_orders(shared: &mut Shared) {
    let order = match shared.signals {
        0 => return,
        1 => Order::Drain,
        _ => Order::Abort,
    };
    if let Some(orders) = &mut shared.orders {
        link::send(orders, order);
    }
}

/// How a worker died.
#[derive(Debug, PartialEq, Eq)]
struct Death {
    /// By its own doing.
    crashed: bool,
    /// `died by SIGSEGV`.
    how: String,
}

impl Death {
    /// A worker that has ended by itself says how it went.
    fn of(status: ExitStatus) -> Result<Exit, Death> {
        let known = [Exit::Good, Exit::Fault, Exit::Usage, Exit::Away, Exit::Late];
        match (status.code(), status.signal()) {
            (Some(PANICKED), _) => Err(Death { crashed: true, how: "panicked".into() }),
            (Some(code), _) => Ok(known.into_iter().find(|exit| *exit as i32 == code).unwrap_or(Exit::Fault)),
            (None, signal) => {
                let signal = signal.unwrap_or_default();
                let crashed = [SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE].contains(&signal);
                Err(Death { crashed, how: format!("died by {}", name(signal)) })
            }
        }
    }
}

fn name(signal: i32) -> String {
    match signal {
        SIGKILL => "SIGKILL: somebody, or a lack of memory, killed it".into(),
        other => signal_hook::low_level::signal_name(other).map_or(format!("signal {other}"), String::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_crashes_and_kills_are_told_apart() {
        let exited = |code: i32| Death::of(ExitStatus::from_raw(code << 8));
        let killed = |signal: i32| Death::of(ExitStatus::from_raw(signal)).unwrap_err();
        assert_eq!(exited(0), Ok(Exit::Good));
        assert_eq!(exited(4), Ok(Exit::Late));
        assert!(exited(101).unwrap_err().crashed);
        assert!([SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE].into_iter().all(|signal| killed(signal).crashed));
        assert!(!killed(SIGKILL).crashed && !killed(SIGTERM).crashed);
    }
}

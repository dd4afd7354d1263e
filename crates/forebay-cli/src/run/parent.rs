//! The parent: starts a worker, forwards signals as orders, and starts another one when it dies.
//!
//! The first signal drains, the second aborts, and a worker that outlives that one too is killed: whatever it is stuck in, a run
//! can be stopped.
//!
//! Between two workers the parent answers at the address of the run: it lives, and its pipelines are not ready. Whoever probes it
//! needs not, and must not, step in.
//!
//! A worker that died by its own doing (a signal of a crash, or a panic) leaves a mark: what was in flight is worked
//! on record by record by the next one. A worker that was killed from outside is started again without one, since that says
//! nothing about its records. `restarts` says how soon, and when it is over.

use std::collections::BTreeMap;
use std::io::PipeWriter;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use forebay_node::{Announced, Away, Bound, Error};
use forebay_types::code;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde_json::json;
use signal_hook::consts::{
    SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGINT, SIGKILL, SIGSEGV, SIGSYS, SIGTERM, SIGTRAP, SIGXCPU, SIGXFSZ,
};
use signal_hook::iterator::Signals;

use super::link::{self, Order, Past, Report, ToWorker, Wish};
use super::restarts::{Cause, Restarts};
use super::voice::{Level, Voice};
use crate::exit::Exit;
use crate::table::time;

/// Whoever signals a whole group of processes, as `timeout` does, may reach the parent twice at once: that is one signal.
const ONE_SIGNAL: Duration = Duration::from_millis(200);

/// How long a worker may go on after the second signal. It leaves behind what does not end, and says so, well before.
const KILL_AFTER: Duration = Duration::from_secs(5);

/// What a panic ends with.
const PANICKED: i32 = 101;

/// What signals and reports leave for the parent.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes who waits for signals: the parent between two workers, and the thread that kills the last one.
    signalled: Condvar,
}

#[derive(Default)]
struct State {
    /// The way to the worker at work.
    orders: Option<PipeWriter>,
    /// The worker at work itself, which no other process can be taken for.
    worker: Option<OwnedFd>,
    /// It did not end, and was killed.
    killed: bool,
    /// Signals so far, and when the first one came.
    signals: u32,
    signalled: Option<Instant>,
    /// State directories that the worker at work has taken over.
    folders: Vec<PathBuf>,
    /// Where the run is served.
    admin: Option<SocketAddr>,
    /// What the first worker said that had taken over every state.
    begun: Option<Vec<u64>>,
    /// What was asked of pipelines; the next worker goes on with that.
    wishes: BTreeMap<String, Wish>,
    /// The worker at work has committed something.
    progress: bool,
}

pub fn run(voice: &Voice) -> Exit {
    let shared = Arc::new(Shared::default());
    if let Err(error) = forward_signals(shared.clone()) {
        return voice.refuse(&away(format!("signals cannot be taken: {error}")));
    }
    if let Err(error) = kill_in_the_end(shared.clone()) {
        return voice.refuse(&away(format!("the system gives no thread: {error}")));
    }
    // The worker writes it; it goes with the run.
    let _announced = Announced::of(std::process::id());
    let began = Instant::now();
    let mut restarts = Restarts::default();
    for attempt in 0.. {
        let death = match work(&shared, attempt, began).map(Death::of) {
            Ok(Ok(exit)) => return exit,
            Ok(Err(death)) => death,
            Err(error) if attempt == 0 => {
                return voice.refuse(&away(format!("a worker cannot be started: {error}")));
            }
            // What there was enough of before may be there again.
            Err(error) => Death { cause: Cause::Kill, how: format!("could not be started: {error}") },
        };
        let (progress, folders, killed) = {
            let mut state = shared.lock();
            (std::mem::take(&mut state.progress), std::mem::take(&mut state.folders), state.killed)
        };
        if killed {
            let how = format!("did not end within {} of the second signal and was killed", time(KILL_AFTER));
            return undrained(voice, &Death { cause: Cause::Kill, how });
        }
        if death.cause == Cause::Crash {
            note(voice, &folders);
        }
        if shared.is_stopping(Duration::ZERO) {
            return undrained(voice, &death);
        }
        let wait = match restarts.died(death.cause, progress, began.elapsed()) {
            Ok(wait) => wait,
            Err(why) => return voice.refuse(&over(&why, &death)),
        };
        restarted(voice, &death, attempt + 1, wait);
        if stand_in(&shared, wait) {
            return undrained(voice, &death);
        }
    }
    unreachable!("the loop above ends by returning")
}

/// What the system does not give.
pub fn away(message: String) -> Error {
    Error { away: Away::Yes, ..Error::new(&code::WORKER_CRASHES, message) }
}

fn over(why: &str, death: &Death) -> Error {
    let how = &death.how;
    let message = format!(
        "{why}, the last one {how}; what is committed stands, and the next run goes on from there once the cause is mended"
    );
    Error::new(&code::WORKER_CRASHES, message)
}

/// Whoever stops a run wants it to end, and not another worker.
fn undrained(voice: &Voice, death: &Death) -> Exit {
    let how = &death.how;
    let words = format!(
        "the worker {how} before it had drained; what is not committed is done again by the next run"
    );
    voice.say(Level::Warn, "undrained", &words, json!({ "why": how }));
    Exit::Late
}

fn restarted(voice: &Voice, death: &Death, number: u32, wait: Duration) {
    let Death { cause, how } = death;
    let next = match cause {
        Cause::Crash => "what was in flight is then worked on record by record",
        Cause::Limit | Cause::Kill => "it goes on from the last commit",
    };
    let words = format!("the worker {how}; restart {number} in {}, {next}", time(wait));
    let fields = json!({
        "why": how,
        "crashed": *cause == Cause::Crash,
        "restarts": number,
        "wait_ms": wait.as_millis() as u64,
    });
    voice.say(Level::Warn, "restarted", &words, fields);
}

/// Waits for so long, or until a signal asks for the end, and answers meanwhile where the worker did. The next one wants the
/// address, and finds it free.
fn stand_in(shared: &Shared, wait: Duration) -> bool {
    let admin = shared.lock().admin;
    let _answers = admin.and_then(|admin| Bound::at(admin).and_then(Bound::serve).ok());
    shared.is_stopping(wait)
}

/// Notes for the next worker what was in flight. What cannot be noted is worked on as before, and said.
fn note(voice: &Voice, folders: &[PathBuf]) {
    for error in folders.iter().filter_map(|folder| forebay_node::note_crash(folder).err()) {
        voice.say(Level::Warn, "unnoted", &format!("the crash could not be noted: {error}"), json!({}));
    }
}

/// How long the allocator holds on to what is free, in milliseconds. The buffers of a fetch are wanted again soon, and what was
/// given back to the system after a second, as by default, costs a page fault for each 4 KiB.
const KEEP_MEMORY: &str = "MIMALLOC_PURGE_DELAY";
const KEEP_MEMORY_MS: &str = "10000";

/// Runs one worker to its end.
fn work(shared: &Arc<Shared>, workers: u32, began: Instant) -> std::io::Result<ExitStatus> {
    // This very program, even where its file has been replaced meanwhile, and listed by the name that it was called by.
    let mut command = Command::new("/proc/self/exe");
    let mut arguments = std::env::args_os();
    command.arg0(arguments.next().unwrap_or_else(|| "forebay".into())).args(arguments);
    if std::env::var_os(KEEP_MEMORY).is_none() {
        command.env(KEEP_MEMORY, KEEP_MEMORY_MS);
    }
    let past = {
        let state = shared.lock();
        let (begun, wishes) = (state.begun.clone(), state.wishes.clone());
        Past { workers, elapsed: began.elapsed(), admin: state.admin, begun, wishes }
    };
    let to_worker = ToWorker::new(&mut command, &past)?;
    let mut child = command.spawn()?;
    let (orders, reports) = to_worker.started();
    {
        let mut state = shared.lock();
        state.orders = Some(orders);
        state.worker = handle(&child);
        // A signal that came while there was no worker.
        state.repeat_orders();
    }
    link::read_reports(reports, |report| {
        let mut state = shared.lock();
        match report {
            Report::Admin(address) => state.admin = Some(address),
            Report::State(path) => state.folders.push(path),
            Report::Begun(begun) => {
                state.begun.get_or_insert(begun);
            }
            Report::Wish(of, wish) => drop(state.wishes.insert(of, wish)),
            Report::Progress => state.progress = true,
        }
    });
    let status = child.wait();
    let mut state = shared.lock();
    (state.orders, state.worker) = (None, None);
    status
}

/// A handle on a worker. A system that gives none can still stop it by orders.
fn handle(worker: &Child) -> Option<OwnedFd> {
    pidfd_open(Pid::from_child(worker), PidfdFlags::empty()).ok()
}

/// The first signal drains, the second aborts.
fn forward_signals(shared: Arc<Shared>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let work = move || {
        for _ in signals.forever() {
            let mut state = shared.lock();
            if state.take_signal(Instant::now()) {
                state.repeat_orders();
            }
            shared.signalled.notify_all();
        }
    };
    std::thread::Builder::new().name("forebay-signals".into()).spawn(work).map(drop)
}

/// After the second signal no other worker follows the one that is at work then.
fn kill_in_the_end(shared: Arc<Shared>) -> std::io::Result<()> {
    let work = move || {
        let goes_on = |state: &mut State| state.signals < 2;
        drop(shared.signalled.wait_while(shared.lock(), goes_on));
        std::thread::sleep(KILL_AFTER);
        let mut state = shared.lock();
        let killed = |worker: &OwnedFd| pidfd_send_signal(worker, Signal::KILL).is_ok();
        state.killed = state.worker.as_ref().is_some_and(killed);
    };
    std::thread::Builder::new().name("forebay-kill".into()).spawn(work).map(drop)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for so long, or until a signal asks for the end.
    fn is_stopping(&self, wait: Duration) -> bool {
        let unasked = |state: &mut State| state.signals == 0;
        let waited = self.signalled.wait_timeout_while(self.lock(), wait, unasked);
        waited.unwrap_or_else(PoisonError::into_inner).0.signals > 0
    }
}

impl State {
    /// Whether it counts.
    fn take_signal(&mut self, now: Instant) -> bool {
        let first = *self.signalled.get_or_insert(now);
        let counts = self.signals == 0 || now - first >= ONE_SIGNAL;
        self.signals += u32::from(counts);
        counts
    }

    fn repeat_orders(&mut self) {
        let order = match self.signals {
            0 => return,
            1 => Order::Drain,
            _ => Order::Abort,
        };
        if let Some(orders) = &mut self.orders {
            link::send(orders, order);
        }
    }
}

/// How a worker died.
#[derive(Debug, PartialEq, Eq)]
struct Death {
    cause: Cause,
    /// `died by SIGSEGV`.
    how: String,
}

impl Death {
    /// A worker that has ended by itself says how it went.
    fn of(status: ExitStatus) -> Result<Exit, Death> {
        let known = [Exit::Good, Exit::Fault, Exit::Usage, Exit::Away, Exit::Late];
        match (status.code(), status.signal()) {
            (Some(PANICKED), _) => Err(Death { cause: Cause::Crash, how: "panicked".into() }),
            (Some(code), _) => Ok(known.into_iter().find(|exit| *exit as i32 == code).unwrap_or(Exit::Fault)),
            (None, signal) => {
                let signal = signal.unwrap_or_default();
                let cause = match signal {
                    SIGSEGV | SIGABRT | SIGBUS | SIGILL | SIGFPE => Cause::Crash,
                    SIGXFSZ | SIGXCPU | SIGSYS | SIGTRAP => Cause::Limit,
                    _ => Cause::Kill,
                };
                Err(Death { cause, how: format!("died by {}", name(signal)) })
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
    fn signals_at_once_are_one() {
        let mut state = State::default();
        let now = Instant::now();
        let signals = [0, 0, 199, 200, 900].map(|ms| {
            state.take_signal(now + Duration::from_millis(ms));
            state.signals
        });
        assert_eq!(signals, [1, 1, 1, 2, 3]);
    }

    #[test]
    fn ends_crashes_and_kills_are_told_apart() {
        let exited = |code: i32| Death::of(ExitStatus::from_raw(code << 8));
        let killed = |signal: i32| Death::of(ExitStatus::from_raw(signal)).unwrap_err();
        assert_eq!(exited(0), Ok(Exit::Good));
        assert_eq!(exited(4), Ok(Exit::Late));
        assert_eq!(exited(101).unwrap_err().cause, Cause::Crash);
        for (signals, cause) in [
            (&[SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE][..], Cause::Crash),
            (&[SIGXFSZ, SIGXCPU], Cause::Limit),
            (&[SIGKILL, SIGTERM, SIGINT], Cause::Kill),
        ] {
            assert!(signals.iter().all(|signal| killed(*signal).cause == cause), "{cause:?}");
        }
        assert_eq!(killed(SIGXFSZ).how, "died by SIGXFSZ");
    }
}

//! Starts a plan and holds on to it: makes nodes, edges, lanes and the coordinator, restores what was committed, and
//! gives a handle to watch, drain and stop the run.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use forebay_expr::Values;
use forebay_log::testing::Faults;
use forebay_plan::plan::Plan;
use forebay_stage::{Connections, Fault, ModelFiles, Registry};
use forebay_types::code;

use crate::assemble::{self, Assembled};
use crate::clock::Clock;
use crate::lane::{Command, Report};
use crate::park::Waker;
use crate::status::{Outcome, Shared};

/// What is to run.
pub struct Job<'a> {
    pub plan: &'a Plan,
    pub registry: &'a Registry,
    pub values: &'a Values,
    pub models: &'a dyn ModelFiles,
    pub connections: &'a dyn Connections,
    /// The folder of the pipeline file.
    pub base: PathBuf,
    pub options: Options,
}

#[derive(Clone)]
pub struct Options {
    /// Where state and positions are kept; without it nothing survives the process.
    pub state_dir: Option<PathBuf>,
    /// Forget what the state directory holds.
    pub fresh: bool,
    /// The process to stop for whoever finds the state directory in use, where that is not this one.
    pub holder: Option<u32>,
    /// Records a round takes from a stream, at most.
    pub max_batch: usize,
    pub clock: Clock,
    /// Waits between tries when something is away, first and longest, nanoseconds.
    pub retry_ns: (i64, i64),
    /// Bytes of log after the newest images of state at which new ones are taken, at least. Reading the log back takes as
    /// long as it is.
    pub image_after_bytes: u64,
    /// Faults for the log, in tests.
    pub log_faults: Option<Faults>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            state_dir: None,
            fresh: false,
            holder: None,
            max_batch: 1024,
            clock: Clock::system(),
            retry_ns: (100_000_000, 5_000_000_000),
            image_after_bytes: 64 << 20,
            log_faults: None,
        }
    }
}

/// A run.
pub struct Running {
    shared: Arc<Shared>,
    lanes: Vec<Waker>,
    commands: Vec<crossbeam_channel::Sender<Command>>,
    threads: Vec<JoinHandle<()>>,
}

/// A job of which everything is there and held: its state, inputs, outputs and models. Nothing that an earlier run left is
/// changed; dropping it lets go of all.
pub struct Ready {
    assembled: Assembled,
}

/// A job whose state is this run's. What it does not go on with is gone.
pub struct Begun {
    assembled: Assembled,
}

/// Makes everything that a job needs. An error says what is in the way; nothing has run then.
pub fn prepare(job: Job<'_>) -> Result<Ready, Fault> {
    Ok(Ready { assembled: assemble::assemble(&job)? })
}

/// Prepares a job and starts it.
pub fn start(job: Job<'_>) -> Result<Running, Fault> {
    prepare(job)?.begin()?.start()
}

impl Ready {
    /// What there is to see before anything has run: streams as they were committed last.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.assembled.coordinator.shared
    }

    /// Makes the state this run's: from here on it cannot be let go of as if nothing had happened.
    pub fn begin(mut self) -> Result<Begun, Fault> {
        self.assembled.begin()?;
        Ok(Begun { assembled: self.assembled })
    }
}

impl Begun {
    pub fn start(self) -> Result<Running, Fault> {
        launch(self.assembled)
    }
}

fn launch(assembled: Assembled) -> Result<Running, Fault> {
    let shared = assembled.coordinator.shared.clone();
    let lanes: Vec<Waker> = assembled.lanes.iter().map(|lane| lane.parker.waker()).collect();
    let commands = assembled.coordinator.lanes.iter().map(|(sender, _)| sender.clone()).collect();
    let mut threads = Vec::new();
    let spawn_failed = |error: std::io::Error| {
        Fault::fatal(&code::COMMIT_FAILED, format!("the system gives no thread: {error}"))
    };
    for (at, lane) in assembled.lanes.into_iter().enumerate() {
        let name = format!("forebay-lane-{at}");
        let reports = lane.reports.clone();
        let life = move || {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| lane.run())) {
                let _ = reports.send(Report::Died(panic_text(&*panic)));
            }
        };
        threads.push(std::thread::Builder::new().name(name).spawn(life).map_err(spawn_failed)?);
    }
    let coordinator = assembled.coordinator;
    let running = Running { shared, lanes, commands, threads: Vec::new() };
    let end = running.handle();
    let life = move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| coordinator.run())) {
            let fault = Fault::fatal(&code::ENGINE_DEFECT, panic_text(&*panic));
            end.stop(Outcome::Failed { node: "(commit)".into(), fault });
        }
    };
    let commit = std::thread::Builder::new().name("forebay-commit".into());
    threads.push(commit.spawn(life).map_err(spawn_failed)?);
    Ok(Running { threads, ..running })
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

impl Running {
    /// Takes in nothing more; ends when everything that was taken in is committed.
    pub fn drain(&self) {
        self.shared.wish.drain();
        self.lanes.iter().for_each(Waker::wake);
    }

    /// Takes in nothing until [`resume`](Self::resume); what was taken in is committed.
    pub fn pause(&self) {
        self.shared.wish.pause();
        self.lanes.iter().for_each(Waker::wake);
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.shared.wish.resume();
        self.lanes.iter().for_each(Waker::wake);
    }

    /// The same run for another thread, without its threads.
    fn handle(&self) -> Running {
        let Running { shared, lanes, commands, .. } = self;
        Running {
            shared: shared.clone(),
            lanes: lanes.clone(),
            commands: commands.clone(),
            threads: Vec::new(),
        }
    }

    /// Ends at once; what is not committed will be done again by the next run.
    pub fn abort(&self) {
        self.stop(Outcome::Aborted);
    }

    fn stop(&self, with: Outcome) {
        self.shared.abort.store(true, Ordering::Release);
        let mut outcome = self.shared.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.get_or_insert(with);
        drop(outcome);
        for (commands, waker) in self.commands.iter().zip(&self.lanes) {
            let _ = commands.send(Command::Stop);
            waker.wake();
        }
    }

    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// How it ended, if it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the end.
    pub fn wait(mut self) -> Outcome {
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        self.outcome().unwrap_or(Outcome::Stopped)
    }

    /// Waits for the end for so long; `None` where a thread is still at work then, which may be stuck inside the system.
    pub fn wait_for(&mut self, at_most: Duration) -> Option<Outcome> {
        const LOOK_EVERY: Duration = Duration::from_millis(5);
        let began = Instant::now();
        while !self.threads.iter().all(JoinHandle::is_finished) {
            let left = at_most.checked_sub(began.elapsed()).filter(|left| !left.is_zero())?;
            std::thread::sleep(LOOK_EVERY.min(left));
        }
        Some(self.outcome().unwrap_or(Outcome::Stopped))
    }
}

/// Asks the sources for a round without records.
#[derive(Clone, Default)]
pub struct Nudge {
    asked: Arc<AtomicBool>,
    /// The first of those with sources: the others follow it.
    source_lane: Option<Waker>,
}

impl Nudge {
    pub fn new(source_lane: Waker) -> Nudge {
        Nudge { asked: Arc::default(), source_lane: Some(source_lane) }
    }

    pub fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        if let Some(waker) = &self.source_lane {
            waker.wake();
        }
    }

    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    pub fn take(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && self.asked.swap(false, Ordering::AcqRel)
    }
}

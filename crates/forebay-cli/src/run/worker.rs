//! The worker: has an engine for each pipeline started, shows how they are getting on, and ends when they have ended.
//!
//! Pipelines do each other no harm: one that fails ends by itself, with its account, and the others go on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use forebay_node::{Admin, Ask, Engine, Error, Goal, Loaded, Outcome, Registry, Status, View, clashes, load};
use forebay_types::{Node, Value, code};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::ledger;
use super::link::{FromParent, Order, Report, Reports, Wish};
use super::log::Log;
use super::parent::away;
use super::start::Start;
use super::voice::{Level, Voice};
use crate::args::Run;
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::{print, say};
use crate::table::{count, time};

/// How soon the end of a pipeline is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long threads may go on once a pipeline is stopped. One that the system does not let go of, in a pipe that nobody reads
/// or on a disk that does not answer, is left behind then: nothing that is committed is at risk.
pub const LEAVE_AFTER: Duration = Duration::from_secs(2);

pub fn run(args: &Run, registry: &Registry, link: FromParent, voice: Voice) -> Exit {
    // Signals of the terminal reach both processes; the parent makes orders of them.
    let ignored = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        if let Err(error) = signal_hook::flag::register(signal, ignored.clone()) {
            return voice.refuse(&away(format!("signals cannot be taken: {error}")));
        }
    }
    take_name();
    let past = link.past.clone();
    let (sender, orders) = mpsc::channel();
    let mut reports = link.split(sender.clone());
    let options = forebay_plan::Options { lanes: args.lanes.lanes, ..forebay_plan::Options::default() };
    let mut loaded = load(registry, &args.files.files, &args.files.options(), &Goal::Plan(options));
    clashes(&loaded).into_iter().for_each(|clash| loaded.report.push(clash));
    let fault = diagnostics::exit(&loaded.report, &loaded.files, args.files.deny_warnings());
    if past.workers == 0 || fault != Exit::Good {
        voice.report(&loaded.report, &loaded.files, args.files.files.len(), fault != Exit::Good);
    }
    if fault != Exit::Good {
        if args.files.json {
            print(&format!("{:#}\n", diagnostics::json(&loaded.report, &loaded.files)));
        }
        return fault;
    }
    let states = match states(args, &loaded) {
        Ok(states) => states,
        Err(message) => return voice.misuse(&message),
    };
    let start = Start { args, registry, loaded: &loaded, states, past, voice: &voice, orders: sender };
    match start.all(&mut reports) {
        Ok((engines, admin)) => {
            drop(start);
            Work::new(args, &loaded, voice, engines, reports).run(admin, &orders)
        }
        Err(wrong) => {
            let exits = wrong.iter().map(|error| voice.refuse_in(error, &loaded.files));
            exits.max().unwrap_or(Exit::Fault)
        }
    }
}

/// Started by the name of a link, the process would be listed under that. A wrong name does no harm.
fn take_name() {
    let program = std::env::args_os().next().map(PathBuf::from);
    if let Some(name) = program.as_deref().and_then(Path::file_name) {
        let _ = std::fs::write("/proc/self/comm", name.as_encoded_bytes());
    }
}

/// The state directory of each pipeline, or what is wrong with the call.
fn states(args: &Run, loaded: &Loaded) -> Result<Vec<PathBuf>, String> {
    if let Some(state) = &args.state {
        return Ok(vec![state.clone()]);
    }
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = var("XDG_STATE_HOME").or_else(|| var("HOME").map(|home| home.join(".local/state")));
    let home =
        home.ok_or("there is no place for state: name one with --state DIR, or set XDG_STATE_HOME or HOME")?;
    let plans = loaded.pipelines.iter().filter_map(|file| file.plan.as_ref());
    Ok(plans.map(|plan| home.join("forebay").join(&plan.name)).collect())
}

/// The pipelines at work.
struct Work<'a> {
    args: &'a Run,
    voice: Voice,
    log: Log,
    views: Vec<Arc<View>>,
    /// In step with the views; `None` once it has ended.
    engines: Vec<Option<Engine>>,
    /// In step with the engines: when one was first seen stopped, with threads still at work.
    stopped: Vec<Option<Instant>>,
    /// In step with them: by when what was taken in has to be done, for one that is drained.
    deadlines: Vec<Option<Instant>>,
    /// What is told of each one at the end, once it has ended.
    results: Vec<serde_json::Value>,
    reports: Reports,
    /// A sink writes to standard output, so that nothing else may.
    keeps_stdout: bool,
    /// Something was not done by the deadline, or was told to end at once.
    late: bool,
    /// The worst so far.
    exit: Exit,
}

impl<'a> Work<'a> {
    fn new(args: &'a Run, loaded: &Loaded, voice: Voice, engines: Vec<Engine>, reports: Reports) -> Work<'a> {
        Work {
            args,
            log: Log::new(voice.clone()),
            voice,
            views: engines.iter().map(|engine| engine.view().clone()).collect(),
            results: vec![serde_json::Value::Null; engines.len()],
            stopped: vec![None; engines.len()],
            deadlines: engines.iter().map(|engine| deadline_of(args, engine)).collect(),
            engines: engines.into_iter().map(Some).collect(),
            reports,
            keeps_stdout: writes_stdout(loaded),
            late: false,
            exit: Exit::Good,
        }
    }

    fn run(mut self, admin: Admin, orders: &Receiver<Order>) -> Exit {
        self.log.started(&self.views, admin.address());
        self.views.iter().filter(|view| view.is_paused()).for_each(|view| self.log.held(view));
        self.until_all_ended(orders);
        self.voice.clear();
        drop(admin);
        if self.args.files.json {
            self.account(&format!("{:#}\n", json!({ "pipelines": self.results })));
        }
        if self.late {
            let words = "not everything was drained; what is not committed is done again by the next run";
            self.voice.say(Level::Warn, "undrained", words, json!({}));
            self.exit = self.exit.max(Exit::Late);
        }
        self.exit
    }

    fn until_all_ended(&mut self, orders: &Receiver<Order>) {
        let mut epochs: u64 = 0;
        while self.at_work().next().is_some() {
            match orders.recv_timeout(LOOK_EVERY) {
                Ok(Order::Drain) => self.drain_all(),
                // Who is orphaned has nobody to tell anything.
                Ok(Order::Abort | Order::Orphaned) | Err(RecvTimeoutError::Disconnected) => {
                    (0..self.engines.len()).for_each(|at| self.abort(at));
                }
                Ok(Order::Of(pipeline, ask)) => self.ask(&pipeline, ask),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            for at in 0..self.engines.len() {
                if self.deadlines[at].is_some_and(|deadline| deadline <= now) {
                    self.abort(at);
                }
            }
            let committed = self.views.iter().map(|view| view.epochs()).sum();
            if committed > epochs {
                self.reports.send(&Report::Progress);
            }
            epochs = committed;
            self.log.look(&self.views);
            for at in 0..self.engines.len() {
                if let Some(outcome) = self.outcome(at) {
                    self.engines[at] = None;
                    self.end(at, outcome);
                    self.views[at].set_gone();
                }
            }
        }
    }

    /// How a pipeline ended, once its threads have, or are left behind.
    fn outcome(&mut self, at: usize) -> Option<Outcome> {
        let engine = self.engines[at].as_mut()?;
        if let Some(outcome) = engine.wait_for(Duration::ZERO) {
            return Some(outcome);
        }
        let outcome = engine.outcome()?;
        let stopped = *self.stopped[at].get_or_insert_with(Instant::now);
        if stopped.elapsed() < LEAVE_AFTER {
            return None;
        }
        self.leave(at);
        Some(outcome)
    }

    /// Says that threads of a pipeline are left behind.
    fn leave(&self, at: usize) {
        let (name, in_flight) = (&self.views[at].pipeline, self.views[at].status().in_flight());
        let words = format!(
            "{name}: it was stopped and does not end: something that it writes or reads does not answer; it is left behind \
             after {}, with {} records in flight",
            time(LEAVE_AFTER),
            count(in_flight)
        );
        let fields = json!({ "pipeline": name, "in_flight": in_flight });
        self.voice.say(Level::Warn, "abandoned", &words, fields);
    }

    fn at_work(&self) -> impl Iterator<Item = &Engine> {
        self.engines.iter().flatten()
    }

    /// Takes in nothing more.
    fn drain_all(&mut self) {
        let within = within(self.args);
        let words = format!(
            "what was taken in is brought to its end within {}; another signal ends everything at once",
            time(within)
        );
        self.voice.say(Level::Info, "draining", &words, json!({ "within_ms": within.as_millis() as u64 }));
        (0..self.engines.len()).for_each(|at| self.drain(at));
    }

    fn drain(&mut self, at: usize) {
        if let Some(engine) = &self.engines[at] {
            engine.drain();
            self.deadlines[at].get_or_insert_with(|| Instant::now() + within(self.args));
        }
    }

    fn abort(&mut self, at: usize) {
        if let Some(engine) = self.engines[at].as_ref().filter(|engine| !engine.has_ended()) {
            self.late = true;
            engine.abort();
        }
    }

    /// Does what somebody asks of one pipeline; the others go on. The parent keeps it for the next worker.
    fn ask(&mut self, pipeline: &str, ask: Ask) {
        let Some(at) = self.views.iter().position(|view| view.pipeline == pipeline) else { return };
        let Some(engine) = self.engines[at].as_ref().filter(|engine| !engine.has_ended()) else { return };
        let wish = match ask {
            Ask::Pause => Wish::Paused,
            Ask::Resume => Wish::Resumed,
            Ask::Drain | Ask::Abort => Wish::Stopped,
        };
        self.reports.send(&Report::Wish(pipeline.to_string(), wish));
        let was_paused = self.views[at].is_paused();
        match ask {
            Ask::Pause => engine.pause(),
            Ask::Resume => engine.resume(),
            Ask::Drain if self.deadlines[at].is_none() => {
                let within = within(self.args);
                let words = format!(
                    "{pipeline}: it was told to stop; what was taken in is brought to its end within {}",
                    time(within)
                );
                let fields = json!({ "pipeline": pipeline, "within_ms": within.as_millis() as u64 });
                self.voice.say(Level::Info, "draining", &words, fields);
                self.drain(at);
            }
            Ask::Drain => {}
            Ask::Abort => self.abort(at),
        }
        let holds = [Ask::Pause, Ask::Resume].contains(&ask);
        if holds && self.views[at].is_paused() != was_paused {
            self.log.held(&self.views[at]);
        }
    }

    /// Says how a pipeline has ended and gives its account. The others go on.
    fn end(&mut self, at: usize, outcome: Outcome) {
        let view = self.views[at].clone();
        let status = view.status();
        self.log.ended(&view, &status);
        let error = error_of(&outcome, &view.pipeline);
        if let Some(error) = &error {
            self.exit = self.exit.max(self.voice.refuse(error));
        }
        if status.streams.iter().any(|stream| stream.imbalance() != 0) {
            self.exit = self.exit.max(Exit::Fault);
        }
        self.results[at] = result(&view, &status, error.as_ref());
        if !self.args.files.json {
            self.voice.clear();
            self.account(&ledger::text(&view, &status));
        }
    }

    /// Where records go to standard output nothing else may; a log has had the account already.
    fn account(&self, text: &str) {
        match (self.keeps_stdout, self.voice.is_json()) {
            (false, _) => print(text),
            (true, false) => say(text),
            (true, true) => {}
        }
    }
}

/// How long a drain may take.
fn within(args: &Run) -> Duration {
    Duration::from_nanos(args.drain_deadline as u64)
}

/// For a pipeline that begins with its end, because it was stopped before a worker died.
fn deadline_of(args: &Run, engine: &Engine) -> Option<Instant> {
    engine.view().shared().wish.is_drain().then(|| Instant::now() + within(args))
}

fn result(view: &View, status: &Status, error: Option<&Error>) -> serde_json::Value {
    json!({
        "pipeline": view.pipeline,
        "outcome": status.phase.word(),
        "error": error.map(|e| json!({ "code": e.code.id, "node": e.node, "message": e.message })),
        "seconds": status.elapsed.as_secs_f64(),
        "committed": status.committed,
        "ledger": forebay_node::ledger(status, usize::MAX),
    })
}

fn error_of(outcome: &Outcome, pipeline: &str) -> Option<Error> {
    match outcome {
        Outcome::Complete | Outcome::Drained | Outcome::Aborted => None,
        Outcome::Failed { node, fault } => Some(Error::of(pipeline, Some(node), fault)),
        Outcome::Stopped => {
            let message =
                "the engine ended by itself; what is committed stands, and the next run goes on from there";
            Some(Error::new(&code::STAGE_PANICKED, message).in_pipeline(pipeline))
        }
    }
}

/// Whether a sink writes to standard output.
fn writes_stdout(loaded: &Loaded) -> bool {
    let plans = loaded.pipelines.iter().filter_map(|file| file.plan.as_ref());
    let mut sinks = plans.flat_map(|plan| &plan.nodes).filter(|node| node.sink.is_some());
    sinks.any(|node| node.config.get("path").is_some_and(is_standard))
}

/// Whether a path stands for standard input or output.
fn is_standard(path: &Node) -> bool {
    matches!(&path.value, Value::Text(path) if path.text == "-")
}

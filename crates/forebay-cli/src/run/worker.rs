//! The worker: has an engine for each pipeline started, shows how they are getting on, and ends when they have ended.
//!
//! Pipelines do each other no harm: one that fails ends by itself, with its account, and the others go on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use forebay_node::{
    Admin, Announced, Engine, Error, Goal, Loaded, Outcome, Registry, Status, View, clashes, load,
};
use forebay_types::{Node, Value, code};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::ledger;
use super::link::{FromParent, Order, Report, Reports};
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
    let mut reports = link.split(sender);
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
    let start = Start { args, registry, loaded: &loaded, states, past };
    match start.all(&mut reports) {
        Ok((engines, admin)) => Work::new(args, &loaded, voice, engines, reports).run(admin, &orders),
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
            engines: engines.into_iter().map(Some).collect(),
            reports,
            keeps_stdout: writes_stdout(loaded),
            late: false,
            exit: Exit::Good,
        }
    }

    fn run(mut self, admin: Admin, orders: &Receiver<Order>) -> Exit {
        let announced = Announced::write(std::os::unix::process::parent_id(), admin.address(), &self.views);
        if let Err(error) = &announced {
            // The pipelines run all the same; others only have to be told where.
            let words = format!(
                "nobody will find this run by its name: the run-time directory cannot be written: {error}"
            );
            self.voice.say(Level::Warn, "unannounced", &words, json!({}));
        }
        self.log.started(&self.views, admin.address());
        self.until_all_ended(orders);
        self.voice.clear();
        drop((announced, admin));
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
        let mut deadline: Option<Instant> = None;
        let mut epochs: u64 = 0;
        while self.at_work().next().is_some() {
            match orders.recv_timeout(LOOK_EVERY) {
                Ok(Order::Drain) => deadline = Some(Instant::now() + self.drain()),
                Ok(Order::Abort) => self.abort(),
                // Nobody is there to be told anything.
                Ok(Order::Orphaned) | Err(RecvTimeoutError::Disconnected) => self.abort(),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.abort();
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

    /// Takes in nothing more. Gives the time that is left for what was taken in.
    fn drain(&self) -> Duration {
        let within = Duration::from_nanos(self.args.drain_deadline as u64);
        let words = format!(
            "what was taken in is brought to its end within {}; another signal ends everything at once",
            time(within)
        );
        self.voice.say(Level::Info, "draining", &words, json!({ "within_ms": within.as_millis() as u64 }));
        self.at_work().for_each(Engine::drain);
        within
    }

    fn abort(&mut self) {
        let unfinished = self.engines.iter().flatten().filter(|engine| !engine.has_ended());
        for engine in unfinished {
            self.late = true;
            engine.abort();
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

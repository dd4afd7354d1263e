//! The worker: starts an engine for each pipeline, shows how they are getting on, and ends when they have ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use forebay_node::{
    Admin, Announced, Bound, Engine, Error, Goal, Loaded, Options, Outcome, Registry, View, load, start,
};
use forebay_types::{Value, code};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::ledger;
use super::link::{FromParent, Order, Report, Reports};
use super::log::Log;
use super::panics;
use crate::args::Run;
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::{misuse, print, refuse, say};

/// How soon the end of a pipeline is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub fn run(args: &Run, registry: &Registry, link: FromParent) -> Exit {
    // Signals of the terminal reach both processes; the parent makes orders of them.
    let ignored = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        if let Err(error) = signal_hook::flag::register(signal, ignored.clone()) {
            return misuse(&format!("signals cannot be taken: {error}"));
        }
    }
    // Started by the name of a link, it would be listed under that; a wrong name does no harm.
    let _ = std::fs::write("/proc/self/comm", "forebay");
    panics::tell(args.files.json);
    let (first, fresh) = (link.attempt == 0, args.fresh && !link.begun);
    let (sender, orders) = mpsc::channel();
    let mut reports = link.split(sender);
    let options = forebay_plan::Options { lanes: args.lanes.lanes, ..forebay_plan::Options::default() };
    let loaded = load(registry, &args.files.files, &args.files.options(), &Goal::Plan(options));
    let fault = diagnostics::exit(&loaded.report, args.files.deny_warnings());
    if first || fault != Exit::Good {
        diagnostics::show(&loaded.report, &loaded.files);
    }
    if fault != Exit::Good {
        diagnostics::sum(&loaded.report, args.files.files.len());
        if args.files.json {
            print(&format!("{:#}\n", diagnostics::json(&loaded.report, &loaded.files)));
        }
        return fault;
    }
    let Some(states) = states(args, &loaded) else {
        return misuse(
            "there is no place for state: name one with --state DIR, or set XDG_STATE_HOME or HOME",
        );
    };
    let started = Bound::at(args.admin).and_then(|bound| {
        let engines = start_all(registry, &loaded, &states, fresh, &mut reports)?;
        reports.send(&Report::Begun);
        let admin = bound.serve(engines.iter().map(|engine| engine.view().clone()).collect())?;
        Ok((engines, admin))
    });
    match started {
        Ok((engines, admin)) => {
            let log = Log::new(args.files.json);
            Work { args, loaded: &loaded, log, engines, reports, late: false }.run(admin, &orders)
        }
        Err(error) => refuse(&error),
    }
}

/// The state directory of each pipeline.
fn states(args: &Run, loaded: &Loaded) -> Option<Vec<PathBuf>> {
    if let Some(state) = &args.state {
        return Some(vec![state.clone()]);
    }
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = var("XDG_STATE_HOME").or_else(|| var("HOME").map(|home| home.join(".local/state")))?;
    let names = loaded.pipelines.iter().filter_map(|file| file.plan.as_ref()).map(|plan| &plan.name);
    Some(names.map(|name| home.join("forebay").join(name)).collect())
}

fn start_all(
    registry: &Registry,
    loaded: &Loaded,
    states: &[PathBuf],
    fresh: bool,
    reports: &mut Reports,
) -> Result<Vec<Engine>, Error> {
    let mut engines: Vec<Engine> = Vec::new();
    for (file, state) in loaded.pipelines.iter().zip(states) {
        // The parent notes a crash where the state is, also one that happens while it is opened.
        reports.send(&Report::State(absolute(state)));
        let options = Options { state: state.clone(), fresh };
        match start(registry, loaded, file, &options) {
            Ok(engine) => engines.push(engine),
            Err(error) => {
                engines.iter().for_each(Engine::abort);
                engines.into_iter().for_each(|engine| drop(engine.wait()));
                return Err(error);
            }
        }
    }
    Ok(engines)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The pipelines at work.
struct Work<'a> {
    args: &'a Run,
    loaded: &'a Loaded,
    log: Log,
    engines: Vec<Engine>,
    reports: Reports,
    /// Something was not done by the deadline, or was told to end at once.
    late: bool,
}

impl Work<'_> {
    fn run(mut self, admin: Admin, orders: &Receiver<Order>) -> Exit {
        let views: Vec<Arc<View>> = self.engines.iter().map(|engine| engine.view().clone()).collect();
        let announced = Announced::write(std::os::unix::process::parent_id(), admin.address(), &views);
        if let Err(error) = &announced {
            // The pipelines run all the same; others only have to be told where.
            say(&format!(
                "nobody will find this run by its name: the run-time directory cannot be written: {error}\n"
            ));
        }
        self.log.started(&views, admin.address());
        self.until_all_ended(orders, &views);
        self.log.clear();
        drop((announced, admin));
        self.finish(&views)
    }

    fn until_all_ended(&mut self, orders: &Receiver<Order>, views: &[Arc<View>]) {
        let mut deadline: Option<Instant> = None;
        let mut epochs = 0;
        while !self.engines.iter().all(Engine::has_ended) {
            match orders.recv_timeout(LOOK_EVERY) {
                Ok(Order::Drain) => {
                    deadline = Some(Instant::now() + Duration::from_nanos(self.args.drain_deadline as u64));
                    self.engines.iter().for_each(Engine::drain);
                }
                Ok(Order::Abort) => self.abort(),
                Ok(Order::Orphaned) | Err(RecvTimeoutError::Disconnected) => {
                    self.abort();
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.abort();
            }
            if let Some(statuses) = self.log.look(views) {
                let committed = statuses.iter().map(|status| status.epochs).sum();
                if committed > epochs {
                    self.reports.send(&Report::Progress);
                }
                epochs = committed;
            }
        }
    }

    fn abort(&mut self) {
        for engine in self.engines.iter().filter(|engine| !engine.has_ended()) {
            self.late = true;
            engine.abort();
        }
    }

    /// Says how each one ended and gives the accounts.
    fn finish(self, views: &[Arc<View>]) -> Exit {
        let mut exit = if self.late { Exit::Late } else { Exit::Good };
        let mut results = Vec::new();
        let mut text = String::new();
        for (engine, view) in self.engines.into_iter().zip(views) {
            let outcome = engine.wait();
            let status = view.status();
            self.log.ended(view, &status);
            let error = error_of(&outcome, &view.pipeline);
            if let Some(error) = &error {
                exit = exit.max(refuse(error));
            }
            if status.streams.iter().any(|stream| stream.imbalance() != 0) {
                exit = exit.max(Exit::Fault);
            }
            text.push_str(&ledger::text(view, &status));
            results.push(json!({
                "pipeline": view.pipeline,
                "outcome": status.phase.word(),
                "error": error.map(|e| json!({ "code": e.code.id, "node": e.node, "message": e.message })),
                "seconds": status.elapsed.as_secs_f64(),
                "ledger": forebay_node::ledger(&status.ledger()),
            }));
        }
        if self.args.files.json {
            text = format!("{:#}\n", json!({ "pipelines": results }));
        }
        // Where records go to standard output nothing else may.
        let give = if writes_stdout(self.loaded) { say } else { print };
        give(&text);
        if self.late {
            say("not everything was drained; what is not committed is done again by the next run\n");
        }
        exit
    }
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
    sinks.any(|node| matches!(node.config.get("path").map(|path| &path.value), Some(Value::Text(path)) if path.text == "-"))
}

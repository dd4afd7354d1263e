//! The real engine in this process, on the pipeline as users have it: outputs and the local log on the disk, a commit as
//! often as the file says. What its threads and nodes took is asked of the system and of the engine's own counters.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use forebay_exec::Outcome;
use forebay_node::{
    Begun, Engine, Goal, LoadOptions, Loaded, Options, Prepared, Registry, load, prepare, registry,
};
use forebay_plan::Plan;
use hdrhistogram::Histogram;

use super::stream::Stream;
use crate::failure::Failure;
use crate::machine;

const PIPELINE: &str = "pipelines/card-fraud.yaml";
/// The sink that gets every transaction.
pub const SCORED: &str = "scored";
/// How often the threads are looked at: what one takes after the last look before it ends is counted as another's.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The pipeline, checked and planned.
pub struct Pipeline {
    registry: Registry,
    loaded: Loaded,
    folder: PathBuf,
}

/// What a run took.
pub struct Run {
    /// From before the engine is started to the end of its last commit.
    pub wall: Duration,
    /// On the core, all threads of the engine together.
    pub busy: Duration,
    /// Of that, the thread that commits.
    pub commit: Duration,
    /// Transactions that were scored and written.
    pub published: u64,
    /// Transactions that the model was left out for, because it would have been late.
    pub skipped: u64,
    pub epochs: u64,
    /// In topological order.
    pub nodes: Vec<Node>,
    /// From the arrival of a transaction to its being written, nanoseconds.
    pub latency: Histogram<u64>,
}

/// What the engine counted of a node.
pub struct Node {
    pub name: String,
    pub kind: &'static str,
    pub busy: Duration,
    pub records: u64,
    pub batches: u64,
}

impl Pipeline {
    /// Loads it with `set` as further `--set` arguments.
    pub fn load(stream: &Stream, set: &[String]) -> Result<Pipeline, Failure> {
        let registry = registry();
        let folder = machine::folder("fraud-run")?;
        let spec = forebay_spec::Options {
            set: [&["scale=one".to_string()], set].concat(),
            from: stream.from(),
            to: vec![format!("*={}/", folder.join("out").display())],
            ..forebay_spec::Options::default()
        };
        let path = machine::root().join(PIPELINE).display().to_string();
        let options = LoadOptions { spec, configs: None };
        let goal = Goal::Plan(forebay_plan::Options::default());
        let loaded = load(&registry, &[path], &options, &goal);
        if loaded.report.errors() > 0 {
            return Err(Failure::new(loaded.report.render(&loaded.files, false)));
        }
        Ok(Pipeline { registry, loaded, folder })
    }

    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    pub fn plan(&self) -> &Plan {
        self.loaded.pipelines[0].plan.as_ref().expect("a pipeline without errors has a plan")
    }

    /// What the last run wrote.
    pub fn scored(&self) -> PathBuf {
        self.folder.join("out").join(SCORED).with_extension("jsonl")
    }

    /// Runs it until its input ends, or for a time.
    pub fn run(&self, limit: Option<Duration>) -> Result<Run, Failure> {
        machine::empty_folder("fraud-run")?;
        let (began, process, own) = (Instant::now(), machine::process_time(), machine::thread_time());
        let run = forebay_node::Run { began, committed: None };
        let options = Options { state: self.folder.join("state"), fresh: true, holder: None, run };
        let engine = prepare(&self.registry, &self.loaded, &self.loaded.pipelines[0], &options)
            .and_then(Prepared::begin)
            .and_then(Begun::start)
            .map_err(Failure::doing("start the pipeline"))?;
        let commit = watch(&engine, began, limit);
        let wall = began.elapsed();
        let view = engine.view().clone();
        let outcome = engine.wait();
        let busy = (machine::process_time() - process).saturating_sub(machine::thread_time() - own);
        match outcome {
            Outcome::Complete | Outcome::Drained => {}
            other => return Err(Failure::new(format!("the pipeline did not end well: {other:?}"))),
        }
        let (status, shared) = (view.status(), view.shared());
        let total = status.ledger().total();
        let others = total.ended("rejected") + total.ended("dropped");
        if others > 0 || total.imbalance != 0 {
            return Err(Failure::new(format!("{others} records were not published: {total:?}")));
        }
        let nodes = shared.nodes.iter().map(|node| Node {
            name: node.name.to_string(),
            kind: node.kind,
            busy: Duration::from_nanos(node.metrics.busy_ns.get()),
            records: node.metrics.records_in.get(),
            batches: node.metrics.batches.get(),
        });
        let latency = shared.latencies.iter().find(|(sink, _)| sink == SCORED);
        Ok(Run {
            wall,
            busy,
            commit,
            published: total.ended("published"),
            skipped: shared.nodes.iter().map(|node| node.metrics.skipped.get()).sum(),
            epochs: status.epochs,
            nodes: nodes.collect(),
            latency: latency.expect("the sink is there").1.snapshot(),
        })
    }
}

/// Waits for the end, and gives the time that the commits took on the core.
fn watch(engine: &Engine, began: Instant, limit: Option<Duration>) -> Duration {
    let mut commit = Duration::ZERO;
    while !engine.has_ended() {
        thread::sleep(LOOK_EVERY);
        commit = machine::time_of_threads("forebay-commit").unwrap_or(commit);
        if limit.is_some_and(|limit| began.elapsed() >= limit) {
            engine.drain();
        }
    }
    commit
}

impl Run {
    /// Published transactions a second.
    pub fn rate(&self) -> f64 {
        self.published as f64 / self.wall.as_secs_f64()
    }

    pub fn node(&self, name: &str) -> Result<&Node, Failure> {
        let node = self.nodes.iter().find(|node| node.name == name);
        node.ok_or_else(|| Failure::new(format!("the pipeline has no node `{name}` any more")))
    }
}

impl Node {
    /// Records of a call, on the average.
    pub fn batch(&self) -> f64 {
        self.records as f64 / self.batches.max(1) as f64
    }
}

/// Removes what the runs wrote: it is large.
pub fn clean() {
    if let Ok(folder) = machine::folder("fraud-run") {
        // What stays is written over by the next run.
        let _ = fs::remove_dir_all(folder);
    }
}

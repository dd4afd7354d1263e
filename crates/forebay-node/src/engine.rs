//! One pipeline at work: what its plan needs from outside is fetched together and held, the engine is started, and there is a
//! handle to watch, drain and stop it.
//!
//! In three steps, so that several pipelines start together or not at all: [`prepare`] looks and holds and changes nothing that
//! an earlier run left, [`Prepared::begin`] takes the state over, [`Begun::start`] sets everything going.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_exec::{Job, Outcome, Ready, Running};
use forebay_expr::Values;
use forebay_plan::Plan;
use forebay_spec::{Origin, paths};
use forebay_stage::{Fault, ModelFiles, Registry};
use forebay_types::kind::NoModels;
use forebay_types::{Span, code};

use crate::connections::Known;
use crate::lists::{Lists, Watch};
use crate::models::Models;
use crate::status::View;
use crate::{Error, Loaded, PipelineFile, vars};

/// What is not in the file.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where state and positions are kept.
    pub state: PathBuf,
    /// Begin anew.
    pub fresh: bool,
    /// The process to stop for whoever finds the state in use; this one where none is named.
    pub holder: Option<u32>,
    pub run: Run,
}

/// The run that an engine is part of: where a process goes on with what another one began, it is older than the engine.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub began: Instant,
    /// Records that were committed before it began; `None` where it begins now.
    pub committed: Option<u64>,
}

/// A pipeline of which everything is there and held: state, inputs, outputs, models, lists. Nothing that an earlier run left
/// is changed; dropping it lets go of all.
pub struct Prepared {
    ready: Ready,
    view: Arc<View>,
    lists: Lists,
}

/// A pipeline whose state is this run's, and of which nothing runs yet.
pub struct Begun {
    begun: forebay_exec::Begun,
    view: Arc<View>,
    lists: Lists,
}

/// A pipeline at work.
pub struct Engine {
    running: Running,
    view: Arc<View>,
    _watch: Watch,
}

/// Brings together what a pipeline that has a plan needs. An error says what is in the way.
pub fn prepare(
    registry: &Registry,
    loaded: &Loaded,
    file: &PipelineFile,
    options: &Options,
) -> Result<Prepared, Error> {
    let plan = file.plan.as_ref().expect("only pipelines with a plan are run");
    let prepared = assemble(registry, loaded, file, plan, options).map(|(ready, lists)| {
        let shared = ready.shared().clone();
        let view = View::new(&file.path, plan, options, shared, lists.statuses.clone());
        Prepared { ready, view: Arc::new(view), lists }
    });
    prepared.map_err(|error| error.in_pipeline(&plan.name))
}

fn assemble(
    registry: &Registry,
    loaded: &Loaded,
    file: &PipelineFile,
    plan: &Plan,
    options: &Options,
) -> Result<(Ready, Lists), Error> {
    let lists = Lists::read(&plan.lists)?;
    let mut values = Values::default();
    for var in &plan.vars {
        values = values.with_var(&var.name, vars::scalar(var)?);
    }
    for (name, list) in lists.named() {
        values = values.with_list(name, list);
    }
    let runs_models = plan.nodes.iter().any(|node| !node.models.is_empty());
    let models = match runs_models {
        true => Some(Models::new(loaded.configs(file))?),
        false => None,
    };
    if let Some(models) = &models {
        models.load_runtime()?;
    }
    let files = models.as_ref().map(Models::files);
    let none = NoModels;
    let job = Job {
        plan,
        registry,
        values: &values,
        models: files.as_ref().map_or(&none as &dyn ModelFiles, |files| files),
        connections: &Known { spec: file.spec.as_ref(), configs: loaded.configs(file) },
        base: PathBuf::from(paths::parent(&file.path)),
        options: forebay_exec::Options {
            state_dir: Some(options.state.clone()),
            fresh: options.fresh,
            holder: options.holder,
            max_batch: plan.max_batch as usize,
            ..forebay_exec::Options::default()
        },
    };
    let ready = forebay_exec::prepare(job).map_err(|fault| refused(file, plan, &fault))?;
    Ok((ready, lists))
}

impl Prepared {
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// Makes the state this run's: with `fresh`, the old one is gone then.
    pub fn begin(self) -> Result<Begun, Error> {
        let Prepared { ready, view, lists } = self;
        let begun = ready.begin().map_err(|fault| with_cure(Error::of(&view.pipeline, None, &fault)));
        begun.map(|begun| Begun { begun, view, lists })
    }
}

impl Begun {
    pub fn start(self) -> Result<Engine, Error> {
        let Begun { begun, view, lists } = self;
        let started = begun.start().map_err(|fault| Error::of(&view.pipeline, None, &fault));
        started.map(|running| Engine { running, view, _watch: lists.watch() })
    }
}

/// Why nothing starts, with its place in the file. Of a path that names nothing it is said what it counts from: that
/// depends on where it was written, which only whoever read the file knows.
fn refused(file: &PipelineFile, plan: &Plan, fault: &Fault) -> Error {
    let mut error = with_cure(Error::of(&plan.name, None, fault));
    // The engine puts the node in front: "source `tx`: ".
    let at = |(noun, name): (&str, &str)| fault.message.starts_with(&format!("{noun} `{name}`: "));
    let Some(node) = plan.nodes.iter().find(|node| at((node.kind.role.noun(), &node.name))) else {
        return error;
    };
    let path = node.config.span("path");
    error.node = Some(node.name.clone());
    let connection = node.config.span("connection");
    let places = [path, connection, node.span];
    error.place = places.into_iter().find(|place| !place.is_none());
    if fault.code == &code::NO_FILE {
        let joint = if error.message.ends_with('?') { " " } else { "; " };
        error.message.push_str(&format!("{joint}{}", counts_from(file, path)));
    }
    error
}

/// With what helps where the state cannot be written.
fn with_cure(mut error: Error) -> Error {
    if error.code == &code::COMMIT_FAILED {
        error.message.push_str("; mend that, or keep the state elsewhere with --state DIR");
    }
    error
}

fn counts_from(file: &PipelineFile, path: Span) -> String {
    match file.spec.as_ref().map(|spec| spec.origin(path)) {
        Some(Origin::Argument(verb)) => {
            let here = std::env::current_dir().map_or(String::new(), |here| format!(", {}", here.display()));
            format!("the path of {verb} counts from the working directory{here}")
        }
        _ => format!("a path in {} counts from that file", file.path),
    }
}

impl Engine {
    /// What others may see of it; stays valid after the engine has ended.
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// Takes in nothing more and ends when what was taken in is committed.
    pub fn drain(&self) {
        self.running.drain();
    }

    /// Takes in nothing until [`resume`](Self::resume); what was taken in is committed.
    pub fn pause(&self) {
        self.running.pause();
    }

    pub fn resume(&self) {
        self.running.resume();
    }

    /// Ends at once; what is not committed is done again by the next run.
    pub fn abort(&self) {
        self.running.abort();
    }

    /// How it ends, once that is known; its threads may need a moment more.
    pub fn outcome(&self) -> Option<Outcome> {
        self.running.outcome()
    }

    pub fn has_ended(&self) -> bool {
        self.outcome().is_some()
    }

    /// Waits for its threads for so long; `None` where one is still at work then.
    pub fn wait_for(&mut self, at_most: Duration) -> Option<Outcome> {
        self.running.wait_for(at_most)
    }

    /// Waits for its threads.
    pub fn wait(self) -> Outcome {
        self.running.wait()
    }
}

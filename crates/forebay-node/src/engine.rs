//! One pipeline at work: what its plan needs from outside is fetched together, the engine is started, and there is a handle
//! to watch, drain and stop it.

use std::path::PathBuf;
use std::sync::Arc;

use forebay_exec::{Job, Outcome, Running};
use forebay_expr::Values;
use forebay_plan::Plan;
use forebay_spec::paths;
use forebay_stage::{Fault, ModelFile, ModelFiles, Registry};
use forebay_types::code;

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
}

/// A pipeline at work.
pub struct Engine {
    running: Running,
    view: Arc<View>,
    _watch: Watch,
}

/// Starts a pipeline that has a plan.
pub fn start(
    registry: &Registry,
    loaded: &Loaded,
    file: &PipelineFile,
    options: &Options,
) -> Result<Engine, Error> {
    let plan = file.plan.as_ref().expect("only pipelines with a plan are started");
    start_plan(registry, loaded, file, plan, options).map_err(|error| error.in_pipeline(&plan.name))
}

fn start_plan(
    registry: &Registry,
    loaded: &Loaded,
    file: &PipelineFile,
    plan: &Plan,
    options: &Options,
) -> Result<Engine, Error> {
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
        base: PathBuf::from(paths::parent(&file.path)),
        options: forebay_exec::Options {
            state_dir: Some(options.state.clone()),
            fresh: options.fresh,
            max_batch: plan.max_batch as usize,
            ..forebay_exec::Options::default()
        },
    };
    let running = forebay_exec::start(job).map_err(|fault| Error::of(&plan.name, None, &fault))?;
    let view = View::new(&file.path, plan, &options.state, running.shared().clone(), lists.statuses.clone());
    Ok(Engine { running, view: Arc::new(view), _watch: lists.watch() })
}

/// For pipelines that run no model.
struct NoModels;

impl ModelFiles for NoModels {
    fn file(&self, name: &str) -> Result<ModelFile, Fault> {
        Err(Fault::fatal(
            &code::MODEL_UNKNOWN,
            format!("the plan names no model, and `{name}` was asked for"),
        ))
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

    /// Ends at once; what is not committed is done again by the next run.
    pub fn abort(&self) {
        self.running.abort();
    }

    pub fn has_ended(&self) -> bool {
        self.running.outcome().is_some()
    }

    /// Waits for its threads.
    pub fn wait(self) -> Outcome {
        self.running.wait()
    }
}

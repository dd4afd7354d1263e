//! Runs the plan of a test on the real engine, one record at a time, and collects what came out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use forebay_exec::{Clock, Job, Outcome};
use forebay_expr::{List, Members, Values};
use forebay_plan::Plan;
use forebay_plan::plan::{ListPlan, PlanNode, SinkColumn, VarPlan};
use forebay_stage::{ModelFiles, OwnColumn, Registry};
use forebay_types::format::EXTRA;
use forebay_types::kind::NoModels;
use forebay_types::{Node, Ty, code};

use super::{capture, data, source, stand_in};
use crate::lists::Lists;
use crate::models::Models;
use crate::{Away, Error, Loaded, PipelineFile, vars};

/// Longer than any test's time: a test is one epoch.
const NEVER_NS: i64 = i64::MAX / 4;

/// What a sink kept.
#[derive(Debug, Default)]
pub(super) struct Captured {
    pub columns: Vec<Column>,
    /// The columns whose equal values keep records in order; empty where all are in order.
    pub key: Vec<String>,
    pub records: Vec<Node>,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub name: String,
    pub ty: Ty,
    pub sensitive: bool,
    /// Forebay's own, which a sink was not told to write, or fields that nobody declared.
    pub own: bool,
}

impl Column {
    /// The column of this name; where undeclared fields are written, every other name is one of theirs.
    pub fn find<'c>(columns: &'c [Column], name: &str) -> Option<&'c Column> {
        let named = |name: &str| columns.iter().find(|column| column.name == name);
        named(name).or_else(|| named(EXTRA))
    }
}

/// Why there is no result.
pub(super) enum Stopped {
    /// Something that is not on this machine.
    Missing(String),
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Stopped {
        Stopped::Failed(error)
    }
}

/// The kinds of a registry and those of tests.
pub(super) fn registry(registry: &Registry) -> Registry {
    let known = registry.kinds().into_iter().filter_map(|kind| registry.factory(kind).copied());
    Registry::new(known.chain([source::FACTORY, capture::FACTORY]).chain(stand_in::FACTORIES))
}

/// Runs a plan to its end; what came out, by sink.
pub(super) fn run(
    registry: &Registry,
    loaded: &Loaded,
    file: &PipelineFile,
    mut plan: Plan,
    lists: &[(String, Vec<Node>)],
) -> Result<BTreeMap<String, Captured>, Stopped> {
    source::give_times(&mut plan);
    let listed: Vec<usize> =
        plan.nodes.iter().map(|node| node.sink.as_ref().map_or(0, |s| s.columns.len())).collect();
    capture::add_own_columns(&mut plan);
    plan.delivery.commit_every_ns = NEVER_NS;
    // A test says what is rejected.
    plan.breaker = None;
    let values = values(&plan, lists)?;
    let models = models(&plan, loaded, file)?;
    let files = models.as_ref().map(Models::files);
    let job = Job {
        plan: &plan,
        registry,
        values: &values,
        models: files.as_ref().map_or(&NoModels as &dyn ModelFiles, |files| files),
        connections: &NoModels,
        base: PathBuf::from(forebay_spec::paths::parent(&file.path)),
        options: forebay_exec::Options {
            max_batch: 1,
            clock: Clock::Arrivals(Arc::default()),
            ..forebay_exec::Options::default()
        },
    };
    let running = forebay_exec::start(job).map_err(|fault| Error::of(&plan.name, None, &fault))?;
    match running.wait() {
        Outcome::Complete => {}
        Outcome::Failed { node, fault } => return Err(Error::of(&plan.name, Some(&node), &fault).into()),
        other => {
            let message = format!("the run ended early: {other:?}");
            return Err(Error::new(&code::ENGINE_DEFECT, message).into());
        }
    }
    let sinks = plan.nodes.iter().zip(listed).filter(|(node, _)| node.sink.is_some());
    sinks.map(|(node, listed)| Ok((node.name.clone(), captured(&plan, node, listed)?))).collect()
}

fn values(plan: &Plan, mocked: &[(String, Vec<Node>)]) -> Result<Values, Error> {
    let mut values = Values::default();
    for var in &plan.vars {
        values = values.with_var(&var.name, vars::scalar(var)?);
    }
    for list in &plan.lists {
        match mocked.iter().find(|(name, _)| *name == list.name) {
            Some((_, given)) => values = values.with_list(&list.name, Arc::new(mocked_list(list, given)?)),
            None => {
                for (name, list) in Lists::read(std::slice::from_ref(list))?.named() {
                    values = values.with_list(name, list);
                }
            }
        }
    }
    Ok(values)
}

fn mocked_list(list: &ListPlan, given: &[Node]) -> Result<List, Error> {
    let mut members = Members::new(&list.ty);
    for value in given {
        let value = VarPlan { name: list.name.clone(), ty: list.ty.clone(), value: value.clone() };
        members.insert(vars::scalar(&value)?);
    }
    Ok(List::new(members))
}

/// The models of a plan, when all of them can run here.
fn models<'l>(plan: &Plan, loaded: &'l Loaded, file: &PipelineFile) -> Result<Option<Models<'l>>, Stopped> {
    let mut named = plan.nodes.iter().flat_map(|node| &node.models).peekable();
    if named.peek().is_none() {
        return Ok(None);
    }
    let models = Models::new(loaded.configs(file))?;
    for name in named {
        if models.find(name)?.bytes.is_none() {
            let why = format!("the model `{name}` is not here; `forebay model pull {name}` brings it");
            return Err(Stopped::Missing(why));
        }
    }
    match models.load_runtime() {
        Ok(()) => Ok(Some(models)),
        Err(error) if error.away == Away::Yes => Err(Stopped::Missing(error.message)),
        Err(error) => Err(error.into()),
    }
}

fn captured(plan: &Plan, node: &PlanNode, listed: usize) -> Result<Captured, Error> {
    let path = Path::new(node.config.text("path").unwrap_or_default());
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("what came out cannot be read from {}: {error}", path.display());
        Error::new(&code::FILE_UNREADABLE, message)
    })?;
    let record = |line: &str| {
        data::read_json(line).map_err(|error| {
            let message = format!("`{}` wrote a line that is no JSON: {}", node.name, error.why);
            Error::new(&code::ENGINE_DEFECT, message)
        })
    };
    let records = text.lines().map(record).collect::<Result<_, _>>()?;
    let columns: Vec<Column> =
        node.sink.iter().flat_map(|sink| &sink.columns).enumerate().map(column(listed)).collect();
    let mut key = key_of(plan, node);
    if !key.iter().all(|name| columns.iter().any(|column| column.name == *name)) {
        key.clear();
    }
    Ok(Captured { columns, key, records })
}

fn column(listed: usize) -> impl Fn((usize, &SinkColumn)) -> Column {
    move |(at, column)| match column {
        SinkColumn::Column { name, sensitive, .. } if name == EXTRA => {
            Column { name: name.clone(), ty: Ty::Unknown, sensitive: *sensitive, own: true }
        }
        SinkColumn::Column { name, ty, sensitive, .. } => {
            Column { name: name.clone(), ty: ty.clone(), sensitive: *sensitive, own: false }
        }
        SinkColumn::Own(name) => {
            let ty = OwnColumn::find(name).map_or(Ty::Unknown, OwnColumn::ty);
            Column { name: name.to_string(), ty, sensitive: false, own: at >= listed }
        }
    }
}

/// The key of the nearest stage upstream that has one.
fn key_of(plan: &Plan, sink: &PlanNode) -> Vec<String> {
    let mut node = sink;
    while let Some(main) = node.inputs.first().and_then(Option::as_ref) {
        if let Some(key) = node.keys.as_ref().and_then(|keys| keys.first()) {
            let name = |addr| main.schema.columns.iter().find(|column| column.addr == addr);
            return key.iter().filter_map(|part| Some(name(part.addr)?.name.clone())).collect();
        }
        let Some(from) = main.from.first() else { break };
        node = &plan.nodes[usize::from(from.node.0)];
    }
    Vec::new()
}

//! Makes nodes from their factories, with what they kept from earlier runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use forebay_log::Log;
use forebay_plan::plan::{Plan, PlanNode, SourcePlan};
use forebay_sched::predict::Predictor;
use forebay_stage::{Build, Declared, Fault, Make, OwnColumn, Shards, SinkColumn, Turn};
use forebay_types::id::NodeId;
use forebay_types::kind::Scope;
use forebay_types::{Schema, Ty, code};

use super::{Ground, MERGED};
use crate::entry::{self};
use crate::metrics::{Latency, LatencyRecorder, NodeMetrics};
use crate::node::{Gives, InputRun, NodeRun, OnLates, SinkRun, Work};
use crate::splice::Splicer;

pub(super) fn factory(ground: &Ground<'_, '_>, node: &PlanNode) -> Result<Make, Fault> {
    match ground.job.registry.factory(node.kind) {
        Some(factory) => Ok(factory.make),
        None => {
            panic!("the plan has the kind `{}`, which the registry it was made from knew", node.kind.name)
        }
    }
}

/// Calls `make` with what a node is made from.
pub(super) fn with_build<T>(
    ground: &mut Ground<'_, '_>,
    node: &PlanNode,
    shards: Shards,
    make: impl FnOnce(&Build<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let inputs: Vec<Option<Schema>> =
        node.inputs.iter().map(|input| input.as_ref().map(|input| input.schema.clone())).collect();
    let outputs: Vec<Schema> = node.outputs.iter().map(|output| output.adds.clone()).collect();
    let declared: Vec<Declared> =
        node.source.iter().flat_map(|source| &source.declared).map(declared).collect();
    let columns: Vec<SinkColumn> = node.sink.iter().flat_map(|sink| &sink.columns).map(sink_column).collect();
    let models = models_above(ground, node)?;
    let streams = ground.streams.clone();
    let bell = ground.bell(node, shards);
    let condition = ground.condition(node);
    let scope = Scope {
        vars: ground.plan.vars.iter().map(|var| (var.name.clone(), var.ty.clone())).collect(),
        lists: ground.plan.lists.iter().map(|list| (list.name.clone(), list.ty.clone())).collect(),
    };
    make(&Build {
        pipeline: &ground.plan.name,
        node: node.id,
        name: &node.name,
        base: &ground.job.base,
        config: &node.config,
        format: node
            .source
            .as_ref()
            .map(|s| s.format)
            .or(node.sink.as_ref().map(|s| s.format))
            .unwrap_or_default(),
        extra: node.source.as_ref().map(|source| source.extra).unwrap_or_default(),
        inputs: &inputs,
        outputs: &outputs,
        declared: &declared,
        columns: &columns,
        streams: &streams,
        model: (!models.is_empty()).then_some(models.as_str()),
        scope: &scope,
        values: ground.job.values,
        models: ground.job.models,
        connections: ground.job.connections,
        process: &ground.process,
        bell: &bell,
        condition: &condition,
        shards,
        keep_raw: node.source.as_ref().is_some_and(|source| source.keep_raw),
        dead_letters: node.sink.as_ref().is_some_and(|sink| sink.dead_letters),
    })
}

/// For a sink: the models that its records went through, `NAME@VERSION sha256:DIGEST`, from the source on.
fn models_above(ground: &Ground<'_, '_>, node: &PlanNode) -> Result<String, Fault> {
    if node.sink.is_none() {
        return Ok(String::new());
    }
    let mut above = vec![false; ground.plan.nodes.len()];
    above[node.id.0 as usize] = true;
    // Nodes stand in topological order: one pass from the end reaches everything upstream.
    for at in (0..=node.id.0 as usize).rev() {
        if above[at] {
            let feeds = ground.plan.nodes[at].inputs.iter().flatten().flat_map(|input| &input.from);
            feeds.for_each(|feed| above[feed.node.0 as usize] = true);
        }
    }
    let mut labels = Vec::new();
    for (other, _) in ground.plan.nodes.iter().zip(&above).filter(|(_, above)| **above) {
        for model in &other.models {
            let card = ground.job.models.file(model).map_err(|fault| at_node(other, fault))?.card;
            labels.push(format!("{} sha256:{}", card.label(), card.sha256));
        }
    }
    Ok(labels.join(", "))
}

fn declared(plan: &forebay_plan::plan::DeclaredPlan) -> Declared {
    Declared {
        from: plan.from.clone(),
        name: plan.name.clone(),
        ty: plan.ty.clone(),
        default: plan.default.clone(),
        sensitive: plan.sensitive,
        slot: plan.slot,
    }
}

fn sink_column(plan: &forebay_plan::plan::SinkColumn) -> SinkColumn {
    match plan {
        forebay_plan::plan::SinkColumn::Column { name, ty, addr, sensitive } => {
            SinkColumn::Column { name: name.clone(), ty: ty.clone(), addr: *addr, sensitive: *sensitive }
        }
        forebay_plan::plan::SinkColumn::Own(name) => {
            let own = OwnColumn::ALL.into_iter().find(|own| own.name() == *name);
            SinkColumn::Own(own.expect("the plan lists Forebay's own columns"))
        }
    }
}

pub(super) fn make_node(
    ground: &mut Ground<'_, '_>,
    node: &PlanNode,
    shards: Shards,
    metrics: Arc<NodeMetrics>,
) -> Result<NodeRun, Fault> {
    let work = match factory(ground, node)? {
        Make::Source(_) => Work::Source,
        Make::Stage(make) => {
            let stage = with_build(ground, node, shards, make).map_err(|f| at_node(node, f))?;
            Work::Stage(stage)
        }
        Make::Sink(make) => {
            let mut sink = with_build(ground, node, shards, make).map_err(|f| at_node(node, f))?;
            let entry = ground.committed.sinks.get(&node.name).map(Vec::as_slice);
            sink.restore(entry).map_err(|fault| at_node(node, fault))?;
            let latency = latency_of(&mut ground.shared.latencies, &node.name);
            let age = latency_of(&mut ground.shared.ages, &node.name);
            // A dead letter is never too late.
            let dead_letters = node.sink.as_ref().is_some_and(|sink| sink.dead_letters);
            let on_late = if dead_letters { OnLates::default() } else { ground.on_late.clone() };
            Work::Sink(Box::new(SinkRun {
                sink,
                dead_letters,
                sealed: None,
                on_late,
                latency: LatencyRecorder::default(),
                shared_latency: latency,
                age: LatencyRecorder::default(),
                shared_age: age,
            }))
        }
    };
    let inputs = node.inputs.iter().map(|input| make_input(ground, input.as_ref())).collect();
    let adds = node.outputs.first().map(|output| &output.adds.columns);
    let adds: Vec<Ty> = adds.into_iter().flatten().map(|column| column.ty.clone()).collect();
    let feeds = node.inputs.iter().flatten().map(|input| input.from.len()).sum();
    Ok(NodeRun {
        id: node.id,
        name: node.name.as_str().into(),
        work,
        feeds,
        is_free: is_free(ground.plan, node),
        splicer: (feeds > 1 && node.kind.facts.adds).then(|| Box::new(Splicer::new(&adds))),
        inputs,
        inbox: Vec::new(),
        keyed: node.kind.facts.keyed,
        keeps: node.kind.facts.keeps,
        due: Turn::Idle,
        skip_late: node.skip_late,
        is_model: !node.models.is_empty(),
        calls: 0,
        adds,
        gives: node.outputs.iter().map(gives).collect(),
        blanks: None,
        predictor: Predictor::default(),
        metrics,
    })
}

/// Whether nothing says how records of a node's feeds go together: their sources have no end, and none comes by two of them.
fn is_free(plan: &Plan, node: &PlanNode) -> bool {
    let mut met = BTreeSet::new();
    let feeds = node.inputs.iter().flatten().flat_map(|input| &input.from);
    feeds.map(|feed| sources_above(plan, feed.node)).all(|sources| {
        sources.into_iter().all(|source| {
            let is_merged = |source: &SourcePlan| source.merge_group == MERGED;
            !plan.nodes[source.0 as usize].source.as_ref().is_some_and(is_merged) && met.insert(source)
        })
    })
}

/// The sources that reach a node, or the node itself.
fn sources_above(plan: &Plan, node: NodeId) -> BTreeSet<NodeId> {
    let (mut met, mut to_look_at) = (BTreeSet::from([node]), vec![node]);
    while let Some(node) = to_look_at.pop() {
        let feeds = plan.nodes[node.0 as usize].inputs.iter().flatten().flat_map(|input| &input.from);
        to_look_at.extend(feeds.map(|feed| feed.node).filter(|node| met.insert(*node)));
    }
    met.retain(|node| plan.nodes[node.0 as usize].source.is_some());
    met
}

/// What is known of a sink's latency: all of its instances write it together.
fn latency_of(known: &mut Vec<(String, Arc<Latency>)>, sink: &str) -> Arc<Latency> {
    if let Some((_, latency)) = known.iter().find(|(name, _)| name == sink) {
        return latency.clone();
    }
    let latency = Arc::new(Latency::default());
    known.push((sink.to_string(), latency.clone()));
    latency
}

fn gives(output: &forebay_plan::plan::PlanOutput) -> Gives {
    Gives { groups: output.groups.into(), columns: output.adds.columns.len() }
}

fn make_input(ground: &Ground<'_, '_>, input: Option<&forebay_plan::plan::PlanInput>) -> InputRun {
    let Some(input) = input else { return InputRun::default() };
    let addr_of = |name: &str| input.schema.get(name).expect("the plan checked the filter").addr;
    let projects = input.from.iter().any(|feed| feed.project.is_some());
    InputRun {
        filter: input.filter.as_ref().map(|typed| Box::new(typed.program(&addr_of, ground.job.values))),
        project: input.from.iter().filter(|_| projects).map(|feed| feed.project.clone()).collect(),
        types: input.schema.columns.iter().map(|column| column.ty.clone()).collect(),
    }
}

/// Loads the images of a node's shards and applies the deltas that came after them.
pub(super) fn restore_state(
    ground: &mut Ground<'_, '_>,
    node: &PlanNode,
    run: &mut NodeRun,
    shards: Shards,
    log: Option<&Log>,
) -> Result<(), Fault> {
    let Work::Stage(stage) = &mut run.work else { return Ok(()) };
    let Some(state) = stage.state() else { return Ok(()) };
    let owned = shards.owned().count() as u64;
    ground.shared.state_shards += owned;
    let Some(log) = log else { return Ok(()) };
    let unreadable =
        |why: String| Fault::fatal(&code::STATE_UNREADABLE, format!("stage `{}`: {why}", node.name));
    let former = ground.former_names.get(&node.name).map_or(&[][..], Vec::as_slice);
    let is_its = |name: &str| name == node.name || former.iter().any(|former| former == name);
    let mut since = vec![0u64; shards.total as usize];
    for shard in shards.owned() {
        let Some(image) = ground.committed.images.get(&(node.name.clone(), shard)) else { continue };
        let blob = log.get_blob(&image.blob).map_err(|error| unreadable(error.to_string()))?;
        let blob = blob.ok_or_else(|| unreadable(format!("the image {} is missing", image.blob)))?;
        state.load(shard, &blob)?;
        since[shard as usize] = image.epoch;
    }
    for found in log.entries() {
        let found = found.map_err(|error| unreadable(error.to_string()))?;
        let read = entry::decode(&found).map_err(unreadable)?;
        let epoch = read.head.epoch;
        for (_, delta) in read.deltas().filter(|(name, _)| is_its(name)) {
            state.apply(delta, &|shard| shards.owns(shard) && since[shard as usize] < epoch)?;
        }
    }
    Ok(())
}

pub(super) fn at_node(node: &PlanNode, fault: Fault) -> Fault {
    Fault { message: format!("{} `{}`: {}", node.kind.role.noun(), node.name, fault.message), ..fault }
}

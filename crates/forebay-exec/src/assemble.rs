//! Makes everything a run needs from its plan: nodes with their state, edges, lanes, the driver, the coordinator.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use crossbeam_channel::unbounded;
use forebay_log::{Log, mark};
use forebay_plan::plan::{Exchange, Plan, PlanNode, Route, SourcePlan, Spread};
use forebay_sched::backoff::Backoff;
use forebay_sched::epochs::{Epochs, Generation};
use forebay_sched::ledger::Reasons;
use forebay_sched::predict::Predictor;
use forebay_sched::suspects::Suspects;
use forebay_spec::pipeline::OnLate;
use forebay_stage::{Build, Declared, Fault, Make, OwnColumn, Shards, SinkColumn, Stream, StreamNames, Turn};
use forebay_types::id::NodeId;
use forebay_types::kind::Scope;
use forebay_types::{Schema, code};

use crate::coordinator::Coordinator;
use crate::driver::{self, Driver};
use crate::edge::{self, Parcel, Receiver, Sender};
use crate::engine::{Job, Nudge};
use crate::entry::{self, Committed};
use crate::gather::Gatherer;
use crate::intake::{Facts, Intake};
use crate::kit::{Kit, SharedReasons};
use crate::lane::{Command, Lane, Report};
use crate::letters::Letters;
use crate::metrics::{Latency, LatencyRecorder, NodeMetrics};
use crate::node::{InputRun, NodeRun, SinkRun, Work};
use crate::park::Parker;
use crate::segment::{Arrival, Inbound, Outbound, SegmentRun, Way, Ways, key_columns, ways_of};
use crate::state;
use crate::status::{NodeStatus, Shared};

pub struct Assembled {
    pub lanes: Vec<Lane>,
    pub coordinator: Coordinator,
}

/// What is there before any node: the state, the streams' names, the lanes' wakers.
struct Ground<'a, 'j> {
    job: &'a Job<'j>,
    plan: &'a Plan,
    committed: Committed,
    streams: Arc<StreamNames>,
    /// By stream: what becomes of a result that is late.
    on_late: Arc<[Option<OnLate>]>,
    parkers: Vec<Parker>,
    shared: Shared,
}

pub fn assemble(job: &Job<'_>) -> Result<Assembled, Fault> {
    let plan = job.plan;
    let lanes = plan.lanes as usize;
    let (mut log, committed, suspects, mut slots) = open_state(job)?;
    let parkers = (0..lanes).map(|_| Parker::default()).collect();
    let mut ground = Ground {
        job,
        plan,
        committed,
        streams: Arc::default(),
        on_late: Arc::from([]),
        parkers,
        shared: Shared::default(),
    };
    let intakes = open_streams(&ground)?;
    ground.on_late =
        intakes.iter().map(|intake| Some(source_plan(plan, intake.node())?.slo?.on_late)).collect();
    let reasons: SharedReasons = Arc::new(Mutex::new(Reasons::default()));
    let mut edges = make_edges(&ground);
    let mut runs: Vec<Lane> = Vec::new();
    let (report_sender, reports) = unbounded::<Report>();
    let nudge = Nudge::new(ground.parkers[0].waker());
    let mut told = Vec::new();
    for lane in 0..lanes {
        let segments = make_segments(&mut ground, &mut edges, lane, log.as_ref())?;
        let (command_sender, commands) = unbounded::<Command>();
        told.push((command_sender, ground.parkers[lane].waker()));
        let slot: Option<mark::Slot> = (!slots.is_empty()).then(|| slots.remove(0));
        runs.push(Lane {
            due: segments.iter().map(|segment| vec![Turn::Again; segment.nodes.len()]).collect(),
            committed_entries: committed_entries(&segments, &ground.committed),
            segments,
            driver: None,
            kit: Kit::new(job.options.clock.clone(), slot, reasons.clone()),
            parker: Parker::default(),
            commands,
            reports: report_sender.clone(),
            generation: Generation(0),
            paused: false,
            settling: VecDeque::new(),
            settled: VecDeque::new(),
            sink_entries: VecDeque::new(),
            imaging: VecDeque::new(),
            from_sources: Vec::new(),
            nudge: nudge.clone(),
        });
    }
    drop(report_sender);
    let Ground { committed, shared, parkers, .. } = ground;
    for (lane, parker) in runs.iter_mut().zip(parkers) {
        lane.parker = parker;
    }
    runs[0].driver = Some(make_driver(job, intakes, &committed, suspects, reasons, &shared)?);
    let epochs = Epochs::new(parts(plan), plan.lanes, committed.epoch);
    let sequences = sequences(log.as_mut())?;
    let coordinator = Coordinator {
        log,
        committed,
        epochs,
        lanes: told,
        reports,
        parts: BTreeMap::new(),
        backoff: Backoff::new(job.options.retry_ns.0, job.options.retry_ns.1),
        shared: Arc::new(shared),
        image_bytes: 0,
        sequences,
        imaging: false,
    };
    Ok(Assembled { lanes: runs, coordinator })
}

/// Segment instances, each of which seals every epoch.
fn parts(plan: &Plan) -> u32 {
    plan.segments.iter().map(|segment| instances(segment.spread, plan)).sum()
}

fn instances(spread: Spread, plan: &Plan) -> u32 {
    match spread {
        Spread::One => 1,
        Spread::Keyed => plan.lanes,
    }
}

type State = (Option<Log>, Committed, Suspects, Vec<mark::Slot>);

fn open_state(job: &Job<'_>) -> Result<State, Fault> {
    let Some(dir) = &job.options.state_dir else {
        return Ok((None, Committed::default(), Suspects::default(), Vec::new()));
    };
    let options =
        forebay_log::Options { faults: job.options.log_faults.clone(), ..forebay_log::Options::default() };
    let opened = state::open(dir, job.options.fresh, job.plan, options, job.plan.lanes as usize)?;
    Ok((Some(opened.log), opened.committed, opened.suspects, opened.slots))
}

/// The sequence of each epoch's entry, for dropping the log's beginning later.
fn sequences(log: Option<&mut Log>) -> Result<BTreeMap<forebay_types::Epoch, u64>, Fault> {
    let mut sequences = BTreeMap::new();
    let Some(log) = log else { return Ok(sequences) };
    for found in log.entries() {
        let found = found.map_err(|error| Fault::fatal(&code::STATE_UNREADABLE, error.to_string()))?;
        let read = entry::decode(&found).map_err(|why| Fault::fatal(&code::STATE_UNREADABLE, why))?;
        sequences.insert(forebay_types::Epoch(read.head.epoch), found.sequence);
    }
    Ok(sequences)
}

/// Opens every source's streams; ids are in the order of source and stream names.
fn open_streams(ground: &Ground<'_, '_>) -> Result<Vec<Intake>, Fault> {
    let mut opened: Vec<(&PlanNode, Stream)> = Vec::new();
    for node in ground.plan.nodes.iter().filter(|node| node.source.is_some()) {
        let Make::Source(make) = factory(ground, node)? else { continue };
        let mut source =
            with_build(ground, node, Shards::ALL, |build| make(build)).map_err(|f| at_node(node, f))?;
        let streams = source.open().map_err(|fault| at_node(node, fault))?;
        opened.extend(streams.into_iter().map(|stream| (node, stream)));
    }
    opened.sort_by(|(a, s), (b, t)| (&a.name, &s.name).cmp(&(&b.name, &t.name)));
    let intake = |(node, stream): (&PlanNode, Stream)| {
        let plan = node.source.as_ref().expect("only sources have streams");
        let id = ground.streams.add(&node.name, &stream.name);
        let facts =
            Facts { node: node.id, event_time: plan.event_time, slo: plan.slo, ends: node.kind.facts.ends };
        Intake::new(id, node.name.clone(), stream, facts)
    };
    Ok(opened.into_iter().map(intake).collect())
}

fn make_driver(
    job: &Job<'_>,
    intakes: Vec<Intake>,
    committed: &Committed,
    suspects: Suspects,
    reasons: SharedReasons,
    shared: &Shared,
) -> Result<Driver, Fault> {
    let plan = job.plan;
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, intake) in intakes.iter().enumerate() {
        let source = source_plan(plan, intake.node());
        groups.entry(source.map_or(0, |source| source.merge_group)).or_default().push(at);
    }
    let sources = plan.nodes.iter().filter(|node| node.source.is_some());
    let gatherers = sources.map(|node| (node.id, Gatherer::new(node.id, &own_group(&node.outputs[0].adds))));
    Driver::new(driver::Start {
        gatherers: gatherers.collect(),
        intakes,
        groups: groups.into_values().collect(),
        max_batch: job.options.max_batch,
        commit_every_ns: plan.delivery.commit_every_ns,
        wish: shared.wish.clone(),
        suspects,
        suspects_file: job.options.state_dir.as_deref().map(state::suspects_path),
        reasons,
        committed: committed.clone(),
        now: job.options.clock.now(),
        statuses: shared.streams.clone(),
    })
}

fn source_plan(plan: &Plan, node: NodeId) -> Option<&SourcePlan> {
    plan.nodes[node.0 as usize].source.as_ref()
}

/// The group that a node builds as a schema of that group alone.
fn own_group(adds: &Schema) -> Schema {
    let mut schema = adds.clone();
    for (at, column) in schema.columns.iter_mut().enumerate() {
        column.addr = forebay_types::Addr { group: 0, column: at as u16 };
    }
    schema
}

/// Edges between segment instances that have not been taken by their lanes yet: from segment and lane, to segment
/// and lane.
type Ends<T> = BTreeMap<(usize, usize, usize, usize), T>;

struct Edges {
    senders: Ends<Sender>,
    receivers: Ends<Receiver>,
}

fn make_edges(ground: &Ground<'_, '_>) -> Edges {
    let plan = ground.plan;
    let mut edges = Edges { senders: BTreeMap::new(), receivers: BTreeMap::new() };
    for exchange in &plan.exchanges {
        let (from, to) = ends_of(plan, exchange);
        for (a, b) in pairs(plan, exchange) {
            let key = (from, a, to, b);
            if !edges.senders.contains_key(&key) {
                let (sender, receiver) = edge::edge(ground.parkers[a].waker(), ground.parkers[b].waker());
                edges.senders.insert(key, sender);
                edges.receivers.insert(key, receiver);
            }
        }
    }
    edges
}

fn ends_of(plan: &Plan, exchange: &Exchange) -> (usize, usize) {
    let segment = |node: NodeId| plan.nodes[node.0 as usize].segment;
    (segment(exchange.from), segment(exchange.to.node))
}

/// Lanes that an exchange joins.
fn pairs(plan: &Plan, exchange: &Exchange) -> Vec<(usize, usize)> {
    let (from, to) = ends_of(plan, exchange);
    let senders = instances(plan.segments[from].spread, plan) as usize;
    let receivers = instances(plan.segments[to].spread, plan) as usize;
    match exchange.how {
        Route::Same => (0..senders).map(|lane| (lane, lane)).collect(),
        Route::ByKey | Route::ToOne => {
            (0..senders).flat_map(|a| (0..receivers).map(move |b| (a, b))).collect()
        }
    }
}

/// The instances of segments that run on a lane.
fn make_segments(
    ground: &mut Ground<'_, '_>,
    edges: &mut Edges,
    lane: usize,
    log: Option<&Log>,
) -> Result<Vec<SegmentRun>, Fault> {
    let plan = ground.plan;
    let mine = |spread: Spread| lane < instances(spread, plan) as usize;
    let here: Vec<usize> = (0..plan.segments.len()).filter(|at| mine(plan.segments[*at].spread)).collect();
    here.into_iter().map(|at| make_segment(ground, edges, at, lane, log)).collect()
}

fn make_segment(
    ground: &mut Ground<'_, '_>,
    edges: &mut Edges,
    at: usize,
    lane: usize,
    log: Option<&Log>,
) -> Result<SegmentRun, Fault> {
    let plan = ground.plan;
    let segment = &plan.segments[at];
    let lanes = instances(segment.spread, plan);
    let shards = Shards { total: plan.shards, lane: lane as u32, lanes };
    let mut nodes = Vec::new();
    let mut ways = Vec::new();
    for id in &segment.nodes {
        let node = &plan.nodes[id.0 as usize];
        let metrics = Arc::new(NodeMetrics::default());
        let mut run = make_node(ground, node, shards, metrics.clone())?;
        restore_state(ground, node, &mut run, shards, log)?;
        let name = run.name.clone();
        let kind = node.kind.name;
        ground.shared.nodes.push(NodeStatus {
            name: name.clone(),
            kind,
            lane: lane as u32,
            metrics: metrics.clone(),
        });
        nodes.push(run);
        ways.push(Ways {
            id: node.id,
            name,
            metrics,
            ports: (0..node.outputs.len()).map(|_| Vec::new()).collect(),
            rejected: Vec::new(),
            behind: Vec::new(),
        });
    }
    let mut run = SegmentRun {
        nodes,
        ways,
        inbound: Vec::new(),
        outbound: Vec::new(),
        letters: Letters::new(ground.streams.clone()),
        // What is spread by key is spread over the instances of the receiver, which are all lanes.
        shards: Shards { lane: lane as u32, lanes: plan.lanes, total: plan.shards },
        hashes: Vec::new(),
        runs: Vec::new(),
        round: 0,
    };
    connect_here(plan, segment.nodes.as_slice(), &mut run);
    connect_out(plan, edges, at, lane, &mut run);
    connect_in(plan, edges, at, lane, &mut run);
    Ok(run)
}

fn position(nodes: &[NodeId], id: NodeId) -> Option<usize> {
    nodes.iter().position(|node| *node == id)
}

/// Ways inside the segment.
fn connect_here(plan: &Plan, nodes: &[NodeId], run: &mut SegmentRun) {
    for (at, id) in nodes.iter().enumerate() {
        let node = &plan.nodes[id.0 as usize];
        let ports = node.outputs.iter().map(|output| &output.readers);
        for (ways, readers) in run.ways[at].ports.iter_mut().zip(ports) {
            ways.extend(readers.iter().filter_map(|reader| here(nodes, reader)));
        }
        run.ways[at].rejected.extend(node.rejected.iter().filter_map(|reader| here(nodes, reader)));
        run.ways[at].behind.extend(node.behind.iter().filter_map(|reader| here(nodes, reader)));
    }
}

fn here(nodes: &[NodeId], reader: &forebay_plan::plan::Reader) -> Option<Way> {
    let at = position(nodes, reader.node)?;
    Some(Way::Here { at, port: reader.port, feed: reader.feed })
}

fn connect_out(plan: &Plan, edges: &mut Edges, at: usize, lane: usize, run: &mut SegmentRun) {
    let mut targets: Vec<usize> =
        plan.exchanges.iter().filter(|e| ends_of(plan, e).0 == at).map(|e| ends_of(plan, e).1).collect();
    targets.sort_unstable();
    targets.dedup();
    for (outbound, target) in targets.iter().enumerate() {
        let keys: Vec<_> =
            edges.senders.keys().filter(|k| (k.0, k.1, k.2) == (at, lane, *target)).copied().collect();
        let receivers: Vec<usize> = keys.iter().map(|key| key.3).collect();
        let senders: Vec<Sender> = keys.iter().filter_map(|key| edges.senders.remove(key)).collect();
        let parcels = senders.iter().map(|_| Parcel::default()).collect();
        run.outbound.push(Outbound { edges: senders, parcels });
        for (index, exchange) in
            plan.exchanges.iter().enumerate().filter(|(_, e)| ends_of(plan, e) == (at, *target))
        {
            let node =
                position(&plan.segments[at].nodes, exchange.from).expect("the sender is in this segment");
            let receiver = if exchange.how == Route::Same { lane } else { 0 };
            let to = receivers.iter().position(|r| *r == receiver).unwrap_or(0);
            let key = match (exchange.how, &plan.nodes[exchange.to.node.0 as usize].keys) {
                // The key as the sender's batches have it.
                (Route::ByKey, Some(keys)) => sent_key(exchange, &keys[exchange.to.port]),
                _ => Arc::from([]),
            };
            let way = Way::Cross { outbound, exchange: index as u16, route: exchange.how, to, key };
            ways_of(&mut run.ways[node], exchange.output).push(way);
        }
    }
}

/// The receiver's key columns by where they lie before they are gathered.
fn sent_key(
    exchange: &Exchange,
    key: &[forebay_plan::plan::KeyColumn],
) -> Arc<[(forebay_types::Addr, forebay_types::Ty)]> {
    let sent = key.iter().map(|column| forebay_plan::plan::KeyColumn {
        addr: exchange.columns.columns[column.addr.column as usize].addr,
        ty: column.ty.clone(),
    });
    key_columns(&sent.collect::<Vec<_>>())
}

fn connect_in(plan: &Plan, edges: &mut Edges, at: usize, lane: usize, run: &mut SegmentRun) {
    let mut sources: Vec<usize> =
        plan.exchanges.iter().filter(|e| ends_of(plan, e).1 == at).map(|e| ends_of(plan, e).0).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        let keys: Vec<_> =
            edges.receivers.keys().filter(|k| (k.0, k.2, k.3) == (source, at, lane)).copied().collect();
        let receivers = keys.iter().filter_map(|key| edges.receivers.remove(key)).collect();
        let exchanges = plan.exchanges.iter().enumerate().filter(|(_, e)| ends_of(plan, e) == (source, at));
        let arrivals = exchanges.map(|(index, exchange)| Arrival {
            exchange: index as u16,
            at: position(&plan.segments[at].nodes, exchange.to.node).expect("the reader is in this segment"),
            port: exchange.to.port,
            feed: exchange.to.feed,
            gather: (exchange.how != Route::Same).then(|| Gatherer::new(exchange.to.node, &exchange.columns)),
            batches: Vec::new(),
        });
        run.inbound.push(Inbound { edges: receivers, arrivals: arrivals.collect() });
    }
}

fn factory(ground: &Ground<'_, '_>, node: &PlanNode) -> Result<Make, Fault> {
    match ground.job.registry.factory(node.kind) {
        Some(factory) => Ok(factory.make),
        None => {
            panic!("the plan has the kind `{}`, which the registry it was made from knew", node.kind.name)
        }
    }
}

/// Calls `make` with what a node is made from.
fn with_build<T>(
    ground: &Ground<'_, '_>,
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
    let scope = Scope {
        vars: ground.plan.vars.iter().map(|var| (var.name.clone(), var.ty.clone())).collect(),
        lists: ground.plan.lists.iter().map(|list| (list.name.clone(), list.ty.clone())).collect(),
    };
    make(&Build {
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
        streams: &ground.streams,
        model: (!models.is_empty()).then_some(models.as_str()),
        scope: &scope,
        values: ground.job.values,
        models: ground.job.models,
        shards,
        keep_raw: node.source.as_ref().is_some_and(|source| source.keep_raw),
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

fn make_node(
    ground: &mut Ground<'_, '_>,
    node: &PlanNode,
    shards: Shards,
    metrics: Arc<NodeMetrics>,
) -> Result<NodeRun, Fault> {
    let work = match factory(ground, node)? {
        Make::Source(_) => Work::Source,
        Make::Stage(make) => {
            let stage =
                with_build(ground, node, shards, |build| make(build)).map_err(|f| at_node(node, f))?;
            Work::Stage(stage)
        }
        Make::Sink(make) => {
            let mut sink =
                with_build(ground, node, shards, |build| make(build)).map_err(|f| at_node(node, f))?;
            let entry = ground.committed.sinks.get(&node.name).map(Vec::as_slice);
            sink.restore(entry).map_err(|fault| at_node(node, fault))?;
            let latency = Arc::new(Latency::default());
            ground.shared.latencies.push((node.name.clone(), latency.clone()));
            // A dead letter is never too late.
            let dead_letters = node.sink.as_ref().is_some_and(|sink| sink.dead_letters);
            let on_late = if dead_letters { Arc::from([]) } else { ground.on_late.clone() };
            Work::Sink(SinkRun {
                sink,
                on_late,
                latency: LatencyRecorder::default(),
                shared_latency: latency,
            })
        }
    };
    let inputs: Vec<InputRun> = node.inputs.iter().map(|input| make_input(ground, input.as_ref())).collect();
    let adds = node.outputs.first().map(|output| &output.adds.columns);
    Ok(NodeRun {
        id: node.id,
        name: node.name.as_str().into(),
        work,
        feeds: node.inputs.iter().flatten().map(|input| input.from.len()).sum(),
        inputs,
        inbox: Vec::new(),
        keyed: node.kind.facts.keyed,
        skip_late: node.skip_late,
        adds: adds.into_iter().flatten().map(|column| column.ty.clone()).collect(),
        blanks: None,
        predictor: Predictor::default(),
        metrics,
    })
}

fn make_input(ground: &Ground<'_, '_>, input: Option<&forebay_plan::plan::PlanInput>) -> InputRun {
    let Some(input) = input else { return InputRun::default() };
    let addr_of = |name: &str| input.schema.get(name).expect("the plan checked the filter").addr;
    InputRun {
        filter: input.filter.as_ref().map(|typed| typed.program(&addr_of, ground.job.values)),
        project: input.from.iter().map(|feed| feed.project.clone()).collect(),
    }
}

/// Loads the images of a node's shards and applies the deltas that came after them.
fn restore_state(
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
        for (_, delta) in read.deltas().filter(|(name, _)| *name == node.name) {
            state.apply(delta, &|shard| shards.owns(shard) && since[shard as usize] < epoch)?;
        }
    }
    Ok(())
}

/// What sinks go back to when the first epochs of this run are undone.
fn committed_entries(segments: &[SegmentRun], committed: &Committed) -> Vec<(usize, usize, Vec<u8>)> {
    let mut entries = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        for (index, node) in segment.nodes.iter().enumerate() {
            if let (Work::Sink(_), Some(entry)) = (&node.work, committed.sinks.get(&*node.name)) {
                entries.push((at, index, entry.clone()));
            }
        }
    }
    entries
}

fn at_node(node: &PlanNode, fault: Fault) -> Fault {
    Fault { message: format!("{} `{}`: {}", node.kind.role.noun(), node.name, fault.message), ..fault }
}

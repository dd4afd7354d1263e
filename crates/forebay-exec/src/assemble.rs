//! Makes everything a run needs from its plan: lanes with their segments, the driver, the coordinator. How segments are
//! wired and how nodes are made stands in `wiring` and `nodes`.

mod wiring;
mod nodes;
mod room;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use crossbeam_channel::unbounded;
use forebay_batch::RowsRing;
use forebay_log::Log;
use forebay_plan::plan::{Plan, PlanNode, SourcePlan, Spread};
use forebay_sched::backoff::Backoff;
use forebay_sched::epochs::{Epochs, Generation};
use forebay_sched::ledger::Reasons;
use forebay_sched::merge::Merge;
use forebay_sched::suspects::Suspects;
use forebay_spec::pipeline::{Guarantee, OnLate};
use forebay_stage::{Fault, Make, Shards, Stream, StreamNames};
use forebay_types::id::NodeId;
use forebay_types::{Schema, code};

use crate::coordinator::Coordinator;
use crate::driver::{self, Driver};
use crate::engine::{Job, Nudge};
use crate::entry::{self, Committed};
use crate::gather::{Gatherer, Room};
use crate::intake::{Facts, Intake};
use crate::kit::{Kit, SharedReasons};
use crate::lane::{Command, Lane, Report};
use crate::letters::Letters;
use crate::metrics::NodeMetrics;
use crate::node::Work;
use crate::park::Parker;
use crate::segment::{SegmentRun, WayList, Ways};
use crate::state::{self, Held};
use crate::status::{NodeStatus, Shared};
use nodes::{at_node, factory, make_node, restore_state, with_build};
use wiring::{Edges, connect_here, connect_in, connect_out, make_edges};

pub struct Assembled {
    pub lanes: Vec<Lane>,
    pub coordinator: Coordinator,
    /// Held, and as it was.
    state: Option<Held>,
}

impl Assembled {
    /// Makes the state this run's.
    pub fn begin(&mut self) -> Result<(), Fault> {
        let Some(state) = self.state.take() else { return Ok(()) };
        let begun = state.begin(self.lanes.len())?;
        self.coordinator.log = Some(begun.log);
        for (lane, slot) in self.lanes.iter_mut().zip(begun.slots) {
            lane.kit.note_in(slot);
        }
        Ok(())
    }
}

/// Reasons that are not codes.
const REASONS: [&str; 4] = ["", "where", "unread", "late"];

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
    /// By stage: the names that it had before.
    former_names: BTreeMap<String, Vec<String>>,
}

/// Everything is there and held then, and nothing that an earlier run left is changed before [`Assembled::begin`].
pub fn assemble(job: &Job<'_>) -> Result<Assembled, Fault> {
    let plan = job.plan;
    let lanes = plan.lanes as usize;
    let parkers = (0..lanes).map(|_| Parker::default()).collect();
    let mut ground = Ground {
        job,
        plan,
        committed: Committed::default(),
        streams: Arc::default(),
        on_late: Arc::from([]),
        parkers,
        shared: Shared::default(),
        former_names: BTreeMap::new(),
    };
    ground.shared.stream_names = ground.streams.clone();
    let mut state = hold_state(job)?;
    let mut suspects = Suspects::default();
    if let Some(held) = &mut state {
        ground.committed = std::mem::take(&mut held.committed);
        ground.former_names = std::mem::take(&mut held.former_names);
        ground.committed.rename(&ground.former_names);
        suspects = std::mem::take(&mut held.suspects);
    }
    let log = state.as_ref().and_then(Held::log);
    let intakes = open_streams(&ground)?;
    check_all_there(&ground, &intakes)?;
    ground.on_late =
        intakes.iter().map(|intake| Some(source_plan(plan, intake.node())?.slo?.on_late)).collect();
    let reasons: SharedReasons = Arc::new(Mutex::new(Reasons::of(
        REASONS.iter().copied().chain(code::ALL.iter().map(|code| code.id)),
    )));
    let mut edges = make_edges(&ground);
    let mut runs: Vec<Lane> = Vec::new();
    let (report_sender, reports) = unbounded::<Report>();
    let nudge = Nudge::new(ground.parkers[0].waker());
    let mut told = Vec::new();
    for lane in 0..lanes {
        let mine = |spread: Spread| lane < instances(spread, plan) as usize;
        let here: Vec<usize> =
            (0..plan.segments.len()).filter(|at| mine(plan.segments[*at].spread)).collect();
        let segments = here.iter().map(|at| make_segment(&mut ground, &mut edges, *at, lane, log));
        let segments = segments.collect::<Result<Vec<SegmentRun>, Fault>>()?;
        let (command_sender, commands) = unbounded::<Command>();
        told.push((command_sender, ground.parkers[lane].waker()));
        runs.push(Lane {
            committed_entries: committed_entries(&segments, &ground.committed),
            segments,
            driver: None,
            kit: Kit::new(
                job.options.clock.clone(),
                reasons.clone(),
                RowsRing::with_room(room::selections(plan, &here), job.options.max_batch),
            ),
            parker: Parker::default(),
            commands,
            reports: report_sender.clone(),
            generation: Generation(0),
            paused: false,
            settling: VecDeque::new(),
            sink_entries: VecDeque::new(),
            imaging: VecDeque::new(),
            from_sources: Vec::new(),
            nudge: nudge.clone(),
        });
    }
    drop(report_sender);
    let Ground { committed, shared, parkers, .. } = ground;
    shared.set_missed(&committed.missed);
    for (lane, parker) in runs.iter_mut().zip(parkers) {
        lane.parker = parker;
    }
    runs[0].driver = Some(make_driver(job, intakes, &committed, suspects, reasons, &shared)?);
    let epochs = Epochs::new(parts(plan), plan.lanes, committed.epoch);
    let sequences = sequences(log)?;
    let coordinator = Coordinator {
        log: None,
        committed,
        epochs,
        lanes: told,
        reports,
        parts: BTreeMap::new(),
        backoff: Backoff::new(job.options.retry_ns.0, job.options.retry_ns.1),
        shared: Arc::new(shared),
        image_after_bytes: job.options.image_after_bytes,
        image_bytes: 0,
        sequences,
        imaging: false,
    };
    Ok(Assembled { lanes: runs, coordinator, state })
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

fn hold_state(job: &Job<'_>) -> Result<Option<Held>, Fault> {
    let Some(dir) = &job.options.state_dir else { return Ok(None) };
    let options = forebay_log::Options {
        // Only whole segments are dropped once images make them needless.
        segment_bytes: job.options.image_after_bytes,
        holder: job.options.holder,
        faults: job.options.log_faults.clone(),
    };
    state::hold(dir, job.plan, &job.base, &options, job.options.fresh).map(Some)
}

/// The sequence of each epoch's entry, for dropping the log's beginning later.
fn sequences(log: Option<&Log>) -> Result<BTreeMap<forebay_types::Epoch, u64>, Fault> {
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
        let mut source = with_build(ground, node, Shards::ALL, make).map_err(|f| at_node(node, f))?;
        let streams = source.open().map_err(|fault| at_node(node, fault))?;
        check_promise(ground.plan, &streams).map_err(|fault| at_node(node, fault))?;
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

/// What the plan promises has to hold for what was found, which it did not know.
fn check_promise(plan: &Plan, streams: &[Stream]) -> Result<(), Fault> {
    let guarantee = plan.delivery.guarantee;
    let once = streams.iter().find(|stream| stream.reader.is_read_once());
    let Some(once) = once.filter(|_| guarantee != Guarantee::BestEffort) else { return Ok(()) };
    let message = format!(
        "`{guarantee}` cannot hold: `{}` is read once, so that what a fault interrupts is lost; `--set \
         delivery=best_effort` runs it, or put the input into a file",
        once.name
    );
    Err(Fault::fatal(&code::READ_ONCE, message))
}

/// What was read and written has to be a part of the pipeline, and what was read in part has to be there still.
fn check_all_there(ground: &Ground<'_, '_>, intakes: &[Intake]) -> Result<(), Fault> {
    let there: HashSet<(&str, &str)> =
        intakes.iter().map(|intake| (intake.source.as_str(), intake.name.as_str())).collect();
    let has = |name: &str| ground.plan.nodes.iter().any(|node| node.name == name);
    let sources = ground.committed.streams.keys().map(|(source, _)| source);
    if let Some(name) = sources.chain(ground.committed.sinks.keys()).find(|name| !has(name)) {
        let message = format!(
            "the state holds how far `{name}` had come, and the pipeline has no such source or sink: give it its name back, \
             run with another --state, or begin anew with --fresh"
        );
        return Err(Fault::fatal(&code::STATE_OF_ANOTHER, message));
    }
    let is_gone = |entry: &&entry::StreamEntry| {
        !entry.ended && !there.contains(&(entry.source.as_str(), entry.stream.as_str()))
    };
    let mut gone = ground.committed.streams.values().filter(is_gone);
    let Some(first) = gone.next() else { return Ok(()) };
    let more = match gone.count() {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    let message = format!(
        "`{}` of source `{}` was read up to record {} and is not there any more{more}: put it back, or begin anew with \
         --fresh",
        first.stream, first.source, first.seq
    );
    Err(Fault::fatal(&code::STREAM_GONE, message))
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
    let gatherer = |node: &PlanNode| {
        let streams = intakes.iter().filter(|intake| intake.node() == node.id).count();
        // What is gathered is one stream's alone where there is one.
        let room = match streams {
            0 | 1 => Room::default(),
            streams => room::of_gatherer(plan, node.segment, job.options.max_batch, streams),
        };
        (node.id, Gatherer::new(node.id, &own_group(&node.outputs[0].adds), room))
    };
    let gatherers = sources.map(gatherer);
    Driver::new(driver::Start {
        gatherers: gatherers.collect(),
        intakes,
        groups: groups.into_values().collect(),
        max_batch: job.options.max_batch,
        rounds: room::rounds(plan, 0),
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

/// The instance of a segment that runs on a lane.
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
            ports: node.outputs.iter().map(|_| WayList::new()).collect(),
            rejected: WayList::new(),
            behind: WayList::new(),
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
        hashes: Vec::with_capacity(ground.job.options.max_batch),
        merge: Merge::default(),
        ordered: Vec::new(),
        round: 0,
    };
    connect_here(plan, segment.nodes.as_slice(), &mut run);
    connect_out(plan, edges, at, lane, &mut run);
    connect_in(plan, ground.job.options.max_batch, edges, at, lane, &mut run);
    Ok(run)
}

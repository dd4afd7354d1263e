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
use forebay_plan::plan::{Plan, PlanNode, Route, Spread};
use forebay_sched::backoff::Backoff;
use forebay_sched::breaker::Limits;
use forebay_sched::epochs::{Epochs, Generation};
use forebay_sched::ledger::Reasons;
use forebay_sched::merge::Merge;
use forebay_sched::suspects::Suspects;
use forebay_spec::pipeline::{Guarantee, Scale};
use forebay_stage::{Bell, Condition, Fault, Make, Process, Shards, Stream, StreamNames};
use forebay_types::id::NodeId;
use forebay_types::{Schema, code};

use crate::coordinator::Coordinator;
use crate::driver::{self, Driver, Guard, SourceRun, lane_of};
use crate::engine::{Job, Nudge};
use crate::entry::{self, Committed};
use crate::gather::{Gatherer, Room};
use crate::group::Group;
use crate::intake::{Facts, Intake};
use crate::kit::{Kit, SharedReasons};
use crate::lane::{Command, Lane, Report};
use crate::letters::Letters;
use crate::metrics::NodeMetrics;
use crate::node::{NodeRun, OnLates, Work};
use crate::park::Parker;
use crate::post::Post;
use crate::segment::{SegmentRun, WayList, Ways};
use crate::state::{self, Held};
use crate::status::{NodeStatus, Shared};
use crate::steps::{Step, steps};
use nodes::{at_node, factory, make_node, restore_state, with_build};
use wiring::{Edges, connect_here, connect_in, connect_out, make_edges};

pub struct Assembled {
    pub lanes: Vec<Lane>,
    pub coordinator: Coordinator,
    /// Held, and as it was.
    state: Option<Held>,
}

impl Ground<'_, '_> {
    /// Wakes the lane of a node's instance. What a source rings is looked at by the drivers.
    fn bell(&self, node: &PlanNode, shards: Shards) -> Bell {
        match node.source {
            None => {
                let waker = self.parkers[shards.lane as usize].waker();
                Bell::new(move || waker.wake())
            }
            Some(_) => {
                let post = self.post.clone();
                Bell::new(move || post.ring())
            }
        }
    }

    /// Where an instance of a node says what it waits for.
    fn condition(&mut self, node: &PlanNode) -> Condition {
        let known = self.shared.conditions.iter().find(|(name, _)| *name == node.name);
        if let Some((_, condition)) = known {
            return condition.instance();
        }
        let condition = Condition::default();
        self.shared.conditions.push((node.name.clone(), condition.clone()));
        condition
    }
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
    on_late: OnLates,
    /// Rung by sources.
    post: Arc<Post>,
    process: Process,
    parkers: Vec<Parker>,
    shared: Shared,
    /// By stage: the names that it had before.
    former_names: BTreeMap<String, Vec<String>>,
}

/// Everything is there and held then, and nothing that an earlier run left is changed before [`Assembled::begin`].
pub fn assemble(job: &Job<'_>) -> Result<Assembled, Fault> {
    let plan = job.plan;
    let lanes = plan.lanes as usize;
    let parkers: Vec<Parker> = (0..lanes).map(|_| Parker::default()).collect();
    let with_sources = instances(plan.segments[0].spread, plan) as usize;
    let mut ground = Ground {
        job,
        plan,
        committed: Committed::default(),
        streams: Arc::default(),
        on_late: OnLates::default(),
        post: Arc::new(Post::new(parkers[..with_sources].iter().map(Parker::waker))),
        process: process(job),
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
    let Opened { intakes, sources } = open_streams(&mut ground)?;
    check_all_there(&ground, &intakes)?;
    let on_late = |node: &PlanNode| Some((node.name.clone(), node.source.as_ref()?.slo?.on_late));
    ground.on_late = OnLates {
        sources: Arc::new(plan.nodes.iter().filter_map(on_late).collect()),
        streams: ground.streams.clone(),
    };
    let reasons: SharedReasons = Arc::new(Mutex::new(Reasons::of(
        REASONS.iter().copied().chain(code::ALL.iter().map(|code| code.id)),
    )));
    let wakers = ground.parkers[..with_sources].iter().map(Parker::waker).collect();
    let steps = steps(wakers, is_in_step(plan));
    let mut edges = make_edges(&ground, &steps);
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
    let starts = make_starts(&ground, steps, intakes, sources, suspects, &reasons);
    for (lane, start) in runs.iter_mut().zip(starts) {
        lane.driver = Some(Driver::new(start)?);
    }
    let Ground { committed, shared, parkers, .. } = ground;
    shared.set_missed(&committed.missed);
    for (lane, parker) in runs.iter_mut().zip(parkers) {
        lane.parker = parker;
    }
    let epochs = Epochs::new(parts(plan), plan.lanes, with_sources as u32, committed.epoch);
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
        committing: None,
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
        Spread::Keyed | Spread::Streams => plan.lanes,
    }
}

/// Whether rows that are read on several lanes meet somewhere.
fn is_in_step(plan: &Plan) -> bool {
    let is_source = |node: NodeId| plan.nodes[node.0 as usize].segment == 0;
    plan.exchanges.iter().any(|exchange| is_source(exchange.from) && exchange.how != Route::Same)
}

/// Who this process is: its state directory on this host, so that a restart is known again.
fn process(job: &Job<'_>) -> Process {
    let host = rustix::system::uname();
    let place = match &job.options.state_dir {
        Some(dir) => std::path::absolute(dir).unwrap_or_else(|_| dir.clone()),
        None => std::process::id().to_string().into(),
    };
    let name = [host.nodename().to_bytes(), place.as_os_str().as_encoded_bytes()].join(&0);
    Process {
        alone: job.plan.scale == Scale::One,
        fresh: job.options.fresh,
        identity: format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&name)),
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

/// The number of the sources that are merged with each other by event time; each of the others is by itself.
const MERGED: usize = 0;

/// The sources with the streams that are there from the start.
struct Opened {
    intakes: Vec<Intake>,
    sources: Vec<SourceRun>,
}

/// Opens every source's streams; ids are in the order of source and stream names.
fn open_streams(ground: &mut Ground<'_, '_>) -> Result<Opened, Fault> {
    let plan = ground.plan;
    let mut opened: Vec<(usize, Stream)> = Vec::new();
    let mut sources: Vec<SourceRun> = Vec::new();
    for node in &plan.nodes {
        let (Make::Source(make), Some(meant)) = (factory(ground, node)?, &node.source) else { continue };
        let mut source = with_build(ground, node, Shards::ALL, make).map_err(|f| at_node(node, f))?;
        let saved = ground.committed.streams.values().filter(|entry| entry.source == node.name);
        let saved: Vec<_> = saved.map(|entry| (entry.stream.as_str(), entry.position())).collect();
        source.committed(&saved);
        let streams = source.open().map_err(|fault| at_node(node, fault))?;
        check_promise(plan, &streams).map_err(|fault| at_node(node, fault))?;
        opened.extend(streams.into_iter().map(|stream| (sources.len(), stream)));
        let facts =
            Facts { node: node.id, event_time: meant.event_time, slo: meant.slo, ends: node.kind.facts.ends };
        let source = Arc::new(Mutex::new(source));
        sources.push(SourceRun { name: node.name.clone(), source, facts, group: meant.merge_group });
    }
    opened.sort_by(|(a, s), (b, t)| (&sources[*a].name, &s.name).cmp(&(&sources[*b].name, &t.name)));
    let intake = |(source, stream): (usize, Stream)| {
        let SourceRun { name, facts, .. } = &sources[source];
        Intake::new(ground.streams.add(name, &stream.name), name.clone(), stream, *facts)
    };
    let intakes = opened.into_iter().map(intake).collect();
    Ok(Opened { intakes, sources })
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
    // Streams of the others come and go.
    let is_merged = |node: &PlanNode| node.source.as_ref().is_some_and(|source| source.merge_group == MERGED);
    let ends = |name: &str| ground.plan.nodes.iter().any(|node| node.name == name && is_merged(node));
    let is_gone = |entry: &&entry::StreamEntry| {
        !entry.ended
            && ends(&entry.source)
            && !there.contains(&(entry.source.as_str(), entry.stream.as_str()))
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

/// What the driver of each lane with sources starts with: its share of the streams, and the first one what is left of streams
/// that are not there.
fn make_starts(
    ground: &Ground<'_, '_>,
    steps: Vec<Step>,
    intakes: Vec<Intake>,
    mut runs: Vec<SourceRun>,
    suspects: Suspects,
    reasons: &SharedReasons,
) -> Vec<driver::Start> {
    let (plan, options) = (ground.plan, &ground.job.options);
    // By the number in the plan: those that are merged with each other have one.
    let numbers: BTreeMap<usize, bool> = runs.iter().map(|run| (run.group, run.group != MERGED)).collect();
    runs.iter_mut().for_each(|run| run.group = numbers.range(..run.group).count());
    let mut shares: Vec<Vec<Intake>> = steps.iter().map(|_| Vec::new()).collect();
    for intake in intakes {
        shares[lane_of(intake.id, steps.len())].push(intake);
    }
    let mut committed = ground.committed.streams.clone();
    let guard = Arc::new(Mutex::new(make_guard(ground)));
    let suspects_file = options.state_dir.as_deref().map(|dir| Arc::new(state::suspects_path(dir)));
    let mut starts: Vec<driver::Start> = steps
        .into_iter()
        .zip(shares)
        .map(|(step, intakes)| {
            let name = |intake: &Intake| (intake.source.clone(), intake.name.clone());
            let own = intakes.iter().filter_map(|intake| committed.remove_entry(&name(intake)));
            driver::Start {
                streams: own.collect(),
                gatherers: make_gatherers(ground, &intakes),
                groups: make_groups(numbers.values().copied(), &runs, &intakes),
                intakes,
                sources: runs.clone(),
                step,
                post: ground.post.clone(),
                names: ground.streams.clone(),
                max_batch: options.max_batch,
                rounds: room::rounds(plan, 0),
                commit_every_ns: plan.delivery.commit_every_ns,
                wish: ground.shared.wish.clone(),
                suspects: suspects.clone(),
                suspects_file: suspects_file.clone(),
                reasons: reasons.clone(),
                committed: ground.committed.epoch,
                now: options.clock.now(),
                statuses: ground.shared.streams.clone(),
                guard: guard.clone(),
            }
        })
        .collect();
    starts[0].streams.append(&mut committed);
    starts
}

fn make_guard(ground: &Ground<'_, '_>) -> Guard {
    let plan = ground.plan;
    let sources = || plan.nodes.iter().filter(|node| node.source.is_some());
    Guard::new(
        plan.breaker.map(|of| Limits { share: of.share, over_ns: of.over_ns, least: of.least }),
        sources().map(|node| (node.id, node.name.clone())),
        sources().all(|node| node.kind.facts.ends),
        ground.shared.trip.clone(),
    )
}

/// Streams that are merged with each other, or are free; each group says whether its streams are.
fn make_groups(is_free: impl Iterator<Item = bool>, runs: &[SourceRun], intakes: &[Intake]) -> Vec<Group> {
    let group_of =
        |intake: &Intake| runs.iter().find(|run| run.facts.node == intake.node()).map_or(0, |run| run.group);
    let streams = |group: usize| {
        let own = intakes.iter().enumerate().filter(|(_, intake)| group_of(intake) == group);
        own.map(|(at, _)| at).collect()
    };
    is_free.enumerate().map(|(group, is_free)| Group::new(streams(group), is_free)).collect()
}

/// For sources of which streams are merged.
fn make_gatherers(ground: &Ground<'_, '_>, intakes: &[Intake]) -> BTreeMap<NodeId, Gatherer> {
    let is_merged =
        |node: &&PlanNode| node.source.as_ref().is_some_and(|source| source.merge_group == MERGED);
    let gatherer = |node: &PlanNode| {
        let streams = intakes.iter().filter(|intake| intake.node() == node.id).count();
        // What is gathered is one stream's alone where there is one.
        let room = match streams {
            0 | 1 => Room::default(),
            streams => room::of_gatherer(ground.plan, node.segment, ground.job.options.max_batch, streams),
        };
        (node.id, Gatherer::new(node.id, &own_group(&node.outputs[0].adds), room))
    };
    ground.plan.nodes.iter().filter(is_merged).map(gatherer).collect()
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
    let gate = |(at, node): (usize, &NodeRun)| match &node.work {
        Work::Sink(run) => run.sink.gate().map(|gate| (at, gate)),
        _ => None,
    };
    let mut run = SegmentRun {
        gates: nodes.iter().enumerate().filter_map(gate).collect(),
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

//! A checked pipeline: everything the engine has to know, worked out before anything runs.
//!
//! Invariants: nodes stand in topological order and a [`NodeId`] is an index into them; every column of every
//! schema has its address; every edge between segments is in `exchanges` exactly once.

use forebay_expr::Typed;
use forebay_spec::pipeline::{From, Guarantee, OnLate, Scale, Sensitive};
use forebay_types::format::{Extra, Format};
use forebay_types::id::NodeId;
use forebay_types::value::Node;
use forebay_types::{Addr, Kind, Record, Schema, Span, Ty};

#[derive(Debug)]
pub struct Plan {
    /// `NAMESPACE/NAME`.
    pub name: String,
    pub nodes: Vec<PlanNode>,
    pub segments: Vec<Segment>,
    pub exchanges: Vec<Exchange>,
    /// Number of lanes: OS threads that run segments.
    pub lanes: u32,
    /// Number of shards of every key space.
    pub shards: u32,
    /// Records in a batch, at most.
    pub max_batch: u32,
    /// Batches that may be under way on one edge between lanes.
    pub credits: u32,
    pub delivery: DeliveryPlan,
    /// `None`: however much is rejected, it goes on.
    pub breaker: Option<BreakerPlan>,
    pub scale: Scale,
    pub vars: Vec<VarPlan>,
    pub lists: Vec<ListPlan>,
    pub copies: Vec<Copy>,
    pub memory: Vec<MemoryLine>,
}

#[derive(Debug)]
pub struct PlanNode {
    pub id: NodeId,
    pub name: String,
    pub kind: &'static Kind,
    pub config: Record,
    /// In the order of the kind's input ports; `None` for one that is not connected.
    pub inputs: Vec<Option<PlanInput>>,
    /// In the order of the kind's output ports.
    pub outputs: Vec<PlanOutput>,
    /// Readers of this node's rejected records, sinks only or stages that take the columns of `rejected`.
    pub rejected: Vec<Reader>,
    /// Readers of records that are behind, for keyed nodes. Without one they are rejected.
    pub behind: Vec<Reader>,
    /// For keyed nodes, and sinks that are spread by key: per input the columns whose values are the key.
    pub keys: Option<Vec<Vec<KeyColumn>>>,
    pub segment: usize,
    /// `on_late: skip`.
    pub skip_late: bool,
    /// The name that a stage had before: its state may stand under it.
    pub renamed_from: Option<String>,
    pub source: Option<SourcePlan>,
    pub sink: Option<SinkPlan>,
    /// Models that it runs.
    pub models: Vec<String>,
    pub span: Span,
}

#[derive(Debug)]
pub struct PlanInput {
    pub from: Vec<Feed>,
    /// The columns as the node finds them, laid out.
    pub schema: Schema,
    /// Those of them that it reads itself: what its kind says, its key, `where`, what a sink writes.
    pub reads: Schema,
    /// `where`, compiled against `schema`.
    pub filter: Option<Typed>,
}

/// One output that feeds an input.
#[derive(Debug)]
pub struct Feed {
    pub node: NodeId,
    pub output: Output,
    /// For a union: where each column of the input's schema lies in this feed's batches. The engine brings every
    /// feed to one layout by sharing columns. `None` when the layouts are the same already.
    pub project: Option<Vec<Addr>>,
}

/// Which output of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// An index into the kind's outputs.
    Port(usize),
    Rejected,
    Behind,
}

#[derive(Debug)]
pub struct PlanOutput {
    /// All columns as readers find them.
    pub schema: Schema,
    /// The group that the node itself builds: only what somebody reads, in the order of its columns.
    pub adds: Schema,
    /// What it could add and nobody reads: neither made nor carried.
    pub unread: Schema,
    /// Groups of a batch that leaves here, that one included.
    pub groups: u16,
    pub readers: Vec<Reader>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    pub node: NodeId,
    /// Index into the reader's input ports.
    pub port: usize,
    /// Index into that input's feeds.
    pub feed: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct KeyColumn {
    pub addr: Addr,
    pub ty: Ty,
}

#[derive(Debug)]
pub struct SourcePlan {
    pub declared: Vec<DeclaredPlan>,
    pub format: Format,
    pub extra: Extra,
    pub event_time: Option<EventTimePlan>,
    pub slo: Option<SloPlan>,
    /// Somebody reads rejected records that may come from here, and they may hold the original bytes.
    pub keep_raw: bool,
    /// Sources with number 0 are merged by (high, stream); those with number 1 have no end, and go on as they come.
    pub merge_group: usize,
}

/// A declared column of a source.
#[derive(Debug)]
pub struct DeclaredPlan {
    pub name: String,
    /// Its name in the input.
    pub from: String,
    pub ty: Ty,
    pub default: Option<Node>,
    pub sensitive: bool,
    /// Index in the source's group; `None` when nobody reads it.
    pub slot: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub struct EventTimePlan {
    pub addr: Addr,
    pub out_of_order_ns: i64,
    pub idle_after_ns: i64,
    /// How far past its arrival (or the age of its file) an event may claim to be.
    pub max_ahead_ns: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct SloPlan {
    pub deadline_ns: i64,
    pub from: From,
    pub objective: f64,
    pub on_late: OnLate,
}

#[derive(Debug)]
pub struct SinkPlan {
    pub format: Format,
    /// What it writes, in order: columns of its input, and Forebay's own (`_seq`, `_time`, …, `stream`).
    pub columns: Vec<SinkColumn>,
    pub guarantee: Guarantee,
    pub sensitive: Sensitive,
    /// It reads `rejected` and so takes dead letters.
    pub dead_letters: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SinkColumn {
    Column {
        name: String,
        ty: Ty,
        addr: Addr,
        sensitive: bool,
    },
    /// A value of the header, by its name in the file.
    Own(&'static str),
}

#[derive(Debug)]
pub struct VarPlan {
    pub name: String,
    pub ty: Ty,
    pub value: Node,
}

#[derive(Debug)]
pub struct ListPlan {
    pub name: String,
    pub ty: Ty,
    pub file: String,
    pub column: Option<String>,
    pub reload_ns: Option<i64>,
}

/// Nodes that run fused: on one lane, or as one instance on each lane.
#[derive(Debug)]
pub struct Segment {
    pub spread: Spread,
    pub nodes: Vec<NodeId>,
    /// Rounds of which something may be held at once, here or in segments behind it. There is memory for that many, so that
    /// nothing is allocated however lanes fall behind each other.
    pub rounds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spread {
    /// On lane 0.
    One,
    /// On every lane, by key.
    Keyed,
    /// On every lane, each with its share of the streams.
    Streams,
}

/// An edge between segments.
#[derive(Debug)]
pub struct Exchange {
    pub from: NodeId,
    pub output: Output,
    pub to: Reader,
    pub how: Route,
    /// Bytes copied per record when rows are gathered back into order; 0 where lanes are one to one.
    pub copied_bytes: u64,
    /// Columns that cross, by address, in the order of the gathered group.
    pub columns: Schema,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the lane that owns the key's shard.
    ByKey,
    /// To lane 0.
    ToOne,
    /// To the same lane.
    Same,
}

#[derive(Debug)]
pub struct DeliveryPlan {
    pub guarantee: Guarantee,
    /// Why it holds, in one sentence for `plan --explain`.
    pub proof: String,
    pub commit_every_ns: i64,
}

/// When too much of what a source gives is rejected for the pipeline to take in more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerPlan {
    /// More than this share of the records that ended.
    pub share: f64,
    pub over_ns: i64,
    /// Of at least so many records.
    pub least: u64,
}

/// Bytes that are copied, for each record that takes this way.
#[derive(Debug)]
pub struct Copy {
    pub at: String,
    pub what: String,
    pub bytes_per_record: u64,
}

/// A term of the memory sum.
#[derive(Debug)]
pub struct MemoryLine {
    pub what: String,
    pub bytes: u64,
    /// How the number comes about: `2 lanes × 8 batches × 1,024 records × 96 B`.
    pub reason: String,
    /// Grows with the data (`per key`, `per event`); then `bytes` is for one of them.
    pub each: Option<String>,
}

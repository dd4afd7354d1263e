//! What a running pipeline shows of itself, and how it ended.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use forebay_stage::{Condition, Fault, StreamNames};
use forebay_types::StreamId;

use crate::driver::{Trip, Wish};
use crate::entry::{Missed, StreamEntry};
use crate::metrics::{Latency, NodeMetrics};

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Every source has ended and everything is committed.
    Complete,
    /// It was told to drain, and everything that was taken in is committed.
    Drained,
    /// It was told to stop at once: what was not committed will be done again.
    Aborted,
    /// It could not go on; what is committed stands.
    Failed { node: String, fault: Fault },
    /// Its threads have gone away by themselves: a defect.
    Stopped,
}

/// What the engine's threads and those who look share.
#[derive(Debug, Default)]
pub struct Shared {
    pub wish: Arc<Wish>,
    pub abort: AtomicBool,
    /// Epochs that this run has committed.
    pub epochs: AtomicU64,
    /// How often the pipeline was set back to its last commit.
    pub aborts: AtomicU64,
    pub streams: Arc<Streams>,
    /// By the numbers that headers have.
    pub stream_names: Arc<StreamNames>,
    pub nodes: Vec<NodeStatus>,
    pub latencies: Vec<(String, Arc<Latency>)>,
    /// By sink: from the time that a record was written where it comes from, where that is known.
    pub ages: Vec<(String, Arc<Latency>)>,
    /// By node: what deadlines did over the life of the pipeline, as of the last commit.
    pub missed: Mutex<BTreeMap<String, Missed>>,
    /// Shards of all states together: so many images are a whole set.
    pub state_shards: u64,
    /// The epoch at which the images under way were asked for.
    pub imaging_since: AtomicU64,
    pub waiting: Mutex<Option<String>>,
    /// Too much of what a source gave was rejected; it takes in nothing for that, or has ended for it.
    pub trip: Arc<Mutex<Option<Trip>>>,
    /// What nodes wait for outside, by node.
    pub conditions: Vec<(String, Condition)>,
    pub outcome: Mutex<Option<Outcome>>,
}

impl Shared {
    pub fn set_waiting(&self, why: Option<String>) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    pub fn set_missed(&self, missed: &BTreeMap<String, Missed>) {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).clone_from(missed);
    }
}

/// A node's counters on one lane.
#[derive(Clone, Debug)]
pub struct NodeStatus {
    pub name: Arc<str>,
    pub kind: &'static str,
    pub lane: u32,
    pub metrics: Arc<NodeMetrics>,
}

/// A stream with its account.
#[derive(Clone, Debug, Default)]
pub struct StreamStatus {
    pub source: String,
    pub stream: String,
    /// Records taken in, committed or not.
    pub taken: u64,
    /// As of the last commit.
    pub committed: StreamEntry,
    pub here: Here,
    /// How many records are there and were not read, where somebody keeps count.
    pub lag: Option<Arc<AtomicU64>>,
}

/// All streams, as their lanes say that they are.
#[derive(Debug, Default)]
pub struct Streams(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Of earlier runs, and not there any more.
    past: Vec<StreamStatus>,
    here: BTreeMap<StreamId, StreamStatus>,
}

impl Streams {
    /// Those of earlier runs that are not there any more, and the others in the order in which they came.
    pub fn list(&self) -> Vec<StreamStatus> {
        let known = self.known();
        known.past.iter().chain(known.here.values()).cloned().collect()
    }

    /// Records that are committed, of all streams.
    pub fn committed(&self) -> u64 {
        let known = self.known();
        known.past.iter().chain(known.here.values()).map(|stream| stream.committed.taken).sum()
    }

    pub(crate) fn set_past(&self, past: impl Iterator<Item = StreamStatus>) {
        self.known().past = past.collect();
    }

    pub(crate) fn set(&self, streams: impl Iterator<Item = (StreamId, StreamStatus)>) {
        self.known().here.extend(streams);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a stream stands with this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Here {
    #[default]
    Open,
    /// It was read to its end.
    Ended,
    /// Somebody else has it now.
    Moved,
    /// It cannot go on, and the others do: why.
    Failed(String),
}

impl Here {
    pub fn word(&self) -> &'static str {
        match self {
            Here::Open => "open",
            Here::Ended => "ended",
            Here::Moved => "moved",
            Here::Failed(_) => "failed",
        }
    }
}

impl StreamStatus {
    /// Records of a fate, committed.
    pub fn ended_as(&self, fate: &str) -> u64 {
        self.committed.ends.iter().filter(|(f, _, _)| f == fate).map(|(_, _, count)| count).sum()
    }

    /// Taken in and not committed.
    pub fn in_flight(&self) -> u64 {
        self.taken - self.committed.taken
    }

    /// What is missing for `in = published + absorbed + rejected + dropped + in flight`; 0 in a sound engine.
    pub fn imbalance(&self) -> i64 {
        let ended: u64 = self.committed.ends.iter().map(|(_, _, count)| count).sum();
        self.taken as i64 - (ended + self.in_flight()) as i64
    }
}

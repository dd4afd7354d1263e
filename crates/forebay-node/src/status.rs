//! What can be seen of a pipeline at work: a view that outlives its engine, and one look at it as plain numbers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use forebay_exec::{NodeStatus, Outcome, Shared, StreamStatus};
use forebay_plan::Plan;
use hdrhistogram::Histogram;
use serde_json::Value;

use crate::ListStatus;

/// A pipeline as others see it.
#[derive(Debug)]
pub struct View {
    /// `NAMESPACE/NAME`.
    pub pipeline: String,
    /// The file, as it was named to us.
    pub path: String,
    pub state: PathBuf,
    /// The plan as `plan --json` prints it.
    pub plan: Value,
    pub lists: Vec<Arc<ListStatus>>,
    pub(crate) max_batch: u32,
    /// The names of its sources.
    sources: Vec<String>,
    pub(crate) shared: Arc<Shared>,
    started: Instant,
}

/// What a pipeline is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Running,
    /// Something that is needed is away; it is tried again.
    Waiting,
    Draining,
    Complete,
    Drained,
    Aborted,
    Failed,
}

/// One look.
#[derive(Clone, Debug)]
pub struct Status {
    pub phase: Phase,
    /// Why it waits or failed.
    pub why: Option<String>,
    pub elapsed: Duration,
    pub epochs: u64,
    pub aborts: u64,
    /// Records that this process has read, those counted twice that were read again after an abort.
    pub read: u64,
    pub streams: Vec<StreamStatus>,
    /// Of all sinks together, from arrival to written; `None` before the first record.
    pub latency: Option<Latency>,
}

/// Quantiles in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
}

impl View {
    pub(crate) fn new(
        path: &str,
        plan: &Plan,
        state: &Path,
        shared: Arc<Shared>,
        lists: Vec<Arc<ListStatus>>,
    ) -> View {
        View {
            pipeline: plan.name.clone(),
            path: path.to_string(),
            state: state.to_path_buf(),
            plan: forebay_plan::json(plan),
            lists,
            max_batch: plan.max_batch,
            sources: plan
                .nodes
                .iter()
                .filter(|node| node.source.is_some())
                .map(|node| node.name.clone())
                .collect(),
            shared,
            started: Instant::now(),
        }
    }

    pub fn status(&self) -> Status {
        let shared = &self.shared;
        let outcome = shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let waiting = shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (phase, why) = match outcome {
            Some(Outcome::Complete) => (Phase::Complete, None),
            Some(Outcome::Drained) => (Phase::Drained, None),
            Some(Outcome::Aborted) => (Phase::Aborted, None),
            Some(Outcome::Stopped) => (Phase::Failed, Some("its threads ended by themselves".to_string())),
            Some(Outcome::Failed { node, fault }) => (Phase::Failed, Some(format!("{node}: {fault}"))),
            None if waiting.is_some() => (Phase::Waiting, waiting),
            None if shared.wish.is_drain() => (Phase::Draining, None),
            None => (Phase::Running, None),
        };
        Status {
            phase,
            why,
            elapsed: self.started.elapsed(),
            epochs: shared.epochs.load(Ordering::Relaxed),
            aborts: shared.aborts.load(Ordering::Relaxed),
            read: self.sources().map(|node| node.metrics.records_in.get()).sum(),
            streams: shared.streams.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            latency: self.latency(),
        }
    }

    /// Counters and histograms, as the engine keeps them.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    fn latency(&self) -> Option<Latency> {
        let mut all: Option<Histogram<u64>> = None;
        for (_, latency) in &self.shared.latencies {
            let one = latency.snapshot();
            match &mut all {
                None => all = Some(one),
                // All histograms of an engine have the same bounds.
                Some(all) => drop(all.add(one)),
            }
        }
        let all = all.filter(|all| !all.is_empty())?;
        Some(Latency { p50: all.value_at_quantile(0.5), p99: all.value_at_quantile(0.99), max: all.max() })
    }

    fn sources(&self) -> impl Iterator<Item = &NodeStatus> {
        self.shared.nodes.iter().filter(|node| self.sources.iter().any(|source| **source == *node.name))
    }

    pub(crate) fn nodes(&self) -> &[NodeStatus] {
        &self.shared.nodes
    }
}

impl Phase {
    pub fn word(self) -> &'static str {
        match self {
            Phase::Running => "running",
            Phase::Waiting => "waiting",
            Phase::Draining => "draining",
            Phase::Complete => "complete",
            Phase::Drained => "drained",
            Phase::Aborted => "aborted",
            Phase::Failed => "failed",
        }
    }
}

impl Status {
    /// Records taken in, over all runs with this state.
    pub fn taken(&self) -> u64 {
        self.streams.iter().map(|stream| stream.taken).sum()
    }

    /// Records taken in whose epoch is not committed.
    pub fn in_flight(&self) -> u64 {
        self.streams.iter().map(StreamStatus::in_flight).sum()
    }

    pub fn ledger(&self) -> Ledger {
        Ledger { lines: self.streams.iter().map(Line::of).collect() }
    }
}

/// The account of every stream.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub lines: Vec<Line>,
}

/// The account of a stream: `taken = published + absorbed + rejected + dropped + in flight`.
#[derive(Clone, Debug)]
pub struct Line {
    pub source: String,
    pub stream: String,
    pub taken: u64,
    pub in_flight: u64,
    /// Records by fate and reason; the reason of a rejected one is its code.
    pub ends: BTreeMap<(String, String), u64>,
    /// What the equation lacks; 0 in a sound engine.
    pub imbalance: i64,
}

impl Line {
    fn of(stream: &StreamStatus) -> Line {
        let mut ends = BTreeMap::new();
        for (fate, reason, count) in &stream.committed.ends {
            *ends.entry((fate.clone(), reason.clone())).or_default() += count;
        }
        Line {
            source: stream.source.clone(),
            stream: stream.stream.clone(),
            taken: stream.taken,
            in_flight: stream.in_flight(),
            ends,
            imbalance: stream.imbalance(),
        }
    }

    /// Records of a fate, whatever the reason.
    pub fn ended(&self, fate: &str) -> u64 {
        self.ends.iter().filter(|((of, _), _)| of == fate).map(|(_, count)| count).sum()
    }
}

impl Ledger {
    /// The sum over all streams.
    pub fn total(&self) -> Line {
        let mut total = Line {
            source: String::new(),
            stream: String::new(),
            taken: 0,
            in_flight: 0,
            ends: BTreeMap::new(),
            imbalance: 0,
        };
        for line in &self.lines {
            total.taken += line.taken;
            total.in_flight += line.in_flight;
            total.imbalance += line.imbalance;
            for (end, count) in &line.ends {
                *total.ends.entry(end.clone()).or_default() += count;
            }
        }
        total
    }
}

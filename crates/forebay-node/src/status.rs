//! What can be seen of a pipeline at work: a view that outlives its engine, and one look at it as plain numbers.

mod pace;
mod recent;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use forebay_exec::{Here, Missed, NodeStatus, Outcome, Shared, StreamStatus, Trip};
use forebay_plan::Plan;
use forebay_stage::{Condition, Warning};
use hdrhistogram::Histogram;
use serde_json::Value;

use crate::tap::{Outlet, outlets};
use crate::{ListStatus, Options};
use pace::Pace;
use recent::Recent;

/// A pipeline as others see it.
#[derive(Debug)]
pub struct View {
    /// `NAMESPACE/NAME`.
    pub pipeline: String,
    /// The file, as it was named to us.
    pub path: String,
    pub state: PathBuf,
    /// The process that users started and that signals go to.
    pub pid: u32,
    /// The plan as `plan --json` prints it.
    pub plan: Value,
    pub lists: Vec<Arc<ListStatus>>,
    pub(crate) max_batch: u32,
    pub commit_every: Duration,
    pub(crate) shared: Arc<Shared>,
    /// When the run began, and records that were committed by then.
    began: Instant,
    before: u64,
    /// By sink.
    recent: Mutex<Vec<Recent>>,
    pace: Mutex<Pace>,
    pub(crate) outlets: Vec<Arc<Outlet>>,
    taps: AtomicUsize,
    /// Nothing of its engine is left: state and outputs may be taken by somebody else.
    is_gone: AtomicBool,
}

/// What a pipeline is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Running,
    /// It takes in nothing, because somebody wants that.
    Paused,
    /// It takes in nothing, because too much was rejected.
    Tripped,
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
    /// Since the run began, whichever process did.
    pub elapsed: Duration,
    pub epochs: u64,
    pub aborts: u64,
    /// Records that this run has taken in and committed.
    pub committed: u64,
    /// Records a second that were committed within the last moments.
    pub per_second: u64,
    pub streams: Vec<StreamStatus>,
    /// Of all sinks together over the last ten seconds, from the arrival of a record to its being written to the sink; `None`
    /// where nothing was. Who reads the output sees it with the commit that follows.
    pub latency: Option<Latency>,
    /// The same by sink, those where there was something.
    pub latencies: BTreeMap<String, Latency>,
    /// By stage: records that it was left out for, because there was no time. Over all runs with this state, committed.
    pub skipped: Vec<(String, u64)>,
    /// By sink: records that came there past their deadline, counted in the same way.
    pub late: Vec<(String, u64)>,
    /// By node: what somebody should look at, although it goes on.
    pub warnings: Vec<(String, Warning)>,
}

/// Quantiles in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
}

impl View {
    /// The engine's own counters.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn new(
        path: &str,
        plan: &Plan,
        options: &Options,
        shared: Arc<Shared>,
        lists: Vec<Arc<ListStatus>>,
    ) -> View {
        let now = shared.streams.committed();
        let began = Instant::now();
        View {
            pipeline: plan.name.clone(),
            path: path.to_string(),
            state: options.state.clone(),
            pid: options.holder.unwrap_or_else(std::process::id),
            plan: forebay_plan::json(plan),
            lists,
            max_batch: plan.max_batch,
            commit_every: Duration::from_nanos(plan.delivery.commit_every_ns.max(0) as u64),
            recent: Mutex::new(shared.latencies.iter().map(|_| Recent::since(began)).collect()),
            pace: Mutex::default(),
            outlets: outlets(plan),
            taps: AtomicUsize::new(0),
            is_gone: AtomicBool::new(false),
            shared,
            began: options.run.began,
            before: options.run.committed.unwrap_or(now),
        }
    }

    pub fn status(&self) -> Status {
        let shared = &self.shared;
        let outcome = shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let waiting = shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let outside =
            || shared.conditions.iter().find_map(|(node, of)| Some(format!("{node}: {}", of.why()?)));
        let waiting = waiting.or_else(outside);
        let (phase, why) = match outcome {
            Some(Outcome::Complete) => (Phase::Complete, None),
            Some(Outcome::Drained) => (Phase::Drained, None),
            Some(Outcome::Aborted) => (Phase::Aborted, None),
            Some(Outcome::Stopped) => (Phase::Failed, Some("its threads ended by themselves".to_string())),
            Some(Outcome::Failed { node, fault }) => (Phase::Failed, Some(format!("{node}: {fault}"))),
            None if waiting.is_some() => (Phase::Waiting, waiting),
            None if shared.wish.is_drain() => (Phase::Draining, None),
            None if shared.wish.is_tripped() => (Phase::Tripped, self.trip().map(|trip| trip.words())),
            None if shared.wish.is_pause() => (Phase::Paused, None),
            None => (Phase::Running, None),
        };
        let streams = shared.streams.list();
        let committed: u64 = streams.iter().map(|stream| stream.committed.taken).sum();
        let committed = committed.saturating_sub(self.before);
        let (latency, latencies) = self.latencies();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        Status {
            phase,
            why,
            elapsed: self.began.elapsed(),
            epochs: shared.epochs.load(Ordering::Relaxed),
            aborts: shared.aborts.load(Ordering::Relaxed),
            committed,
            per_second: pace.of(committed, self.commit_every, Instant::now()),
            streams,
            latency,
            latencies,
            skipped: self.missed(|missed| missed.skipped),
            late: self.missed(|missed| missed.late),
            warnings: self.warnings(),
        }
    }

    fn warnings(&self) -> Vec<(String, Warning)> {
        let of = |(node, condition): &(String, Condition)| {
            condition.warnings().into_iter().map(|warning| (node.clone(), warning)).collect::<Vec<_>>()
        };
        self.shared.conditions.iter().flat_map(of).collect()
    }

    /// Epochs that this process has committed.
    pub fn epochs(&self) -> u64 {
        self.shared.epochs.load(Ordering::Relaxed)
    }

    /// Records that were committed before the run began.
    pub fn before(&self) -> u64 {
        self.before
    }

    /// By node, those where there is something to count.
    fn missed(&self, count: impl Fn(&Missed) -> u64) -> Vec<(String, u64)> {
        let missed = self.shared.missed.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = missed.iter().map(|(node, missed)| (node.clone(), count(missed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Of all sinks together, and by sink.
    fn latencies(&self) -> (Option<Latency>, BTreeMap<String, Latency>) {
        let now = Instant::now();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_sink: BTreeMap<&str, Histogram<u64>> = BTreeMap::new();
        for ((sink, latency), recent) in self.shared.latencies.iter().zip(recent.iter_mut()) {
            let gained = recent.of(latency.snapshot(), now);
            // All histograms of an engine have the same bounds, so that adding them works.
            match by_sink.entry(sink) {
                Entry::Vacant(place) => drop(place.insert(gained)),
                Entry::Occupied(mut sum) => drop(sum.get_mut().add(gained)),
            }
        }
        let all = by_sink.values().cloned().reduce(|mut all, one| {
            let _ = all.add(one);
            all
        });
        let named = by_sink.iter().filter_map(|(sink, of)| Some((sink.to_string(), Latency::of(of)?)));
        (all.and_then(|all| Latency::of(&all)), named.collect())
    }

    /// Why it takes in nothing, or has ended, where too much was rejected.
    pub fn trip(&self) -> Option<Trip> {
        self.shared.trip.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Somebody wants that it takes in nothing, or the breaker tripped.
    pub fn is_paused(&self) -> bool {
        self.shared.wish.is_pause()
    }

    /// How it ends is known.
    pub fn is_over(&self) -> bool {
        self.shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes one of so many places for taps; false where all are taken.
    pub(crate) fn take_tap(&self, of: usize) -> bool {
        let one_more = |taps: usize| (taps < of).then_some(taps + 1);
        self.taps.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok()
    }

    pub(crate) fn give_tap(&self) {
        self.taps.fetch_sub(1, Ordering::AcqRel);
    }

    /// Says that nothing of its engine is left.
    pub fn set_gone(&self) {
        self.is_gone.store(true, Ordering::Release);
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire)
    }

    pub(crate) fn nodes(&self) -> &[NodeStatus] {
        &self.shared.nodes
    }
}

impl Latency {
    fn of(histogram: &Histogram<u64>) -> Option<Latency> {
        (!histogram.is_empty()).then(|| Latency {
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            max: histogram.max(),
        })
    }
}

impl Phase {
    pub fn is_over(self) -> bool {
        matches!(self, Phase::Complete | Phase::Drained | Phase::Aborted | Phase::Failed)
    }

    pub fn word(self) -> &'static str {
        match self {
            Phase::Running => "running",
            Phase::Paused => "paused",
            Phase::Tripped => "tripped",
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
    pub here: Here,
    /// Records that are there and were not read, where somebody keeps count.
    pub lag: Option<u64>,
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
            here: stream.here.clone(),
            lag: stream.lag.as_ref().map(|lag| lag.load(Ordering::Relaxed)),
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
    /// The lines that say most, so many at most: what does not add up, what was rejected or dropped, what is in flight, and
    /// then the first ones.
    pub fn foremost(&self, most: usize) -> Vec<&Line> {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        if lines.len() > most {
            let bad = |line: &Line| {
                (line.imbalance != 0, line.ended("rejected") + line.ended("dropped"), line.in_flight)
            };
            lines.sort_by_cached_key(|line| std::cmp::Reverse(bad(line)));
            lines.truncate(most);
        }
        lines
    }

    /// The sum over all streams.
    pub fn total(&self) -> Line {
        let mut total = Line {
            source: String::new(),
            stream: String::new(),
            taken: 0,
            in_flight: 0,
            here: Here::Open,
            lag: None,
            ends: BTreeMap::new(),
            imbalance: 0,
        };
        for line in &self.lines {
            total.taken += line.taken;
            total.in_flight += line.in_flight;
            total.imbalance += line.imbalance;
            total.lag = total.lag.into_iter().chain(line.lag).reduce(|a, b| a + b);
            for (end, count) in &line.ends {
                *total.ends.entry(end.clone()).or_default() += count;
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The streams that come first of those with these records: `name rejected in-flight`.
    #[track_caller]
    fn check(streams: &[(&str, u64, u64)], most: usize, expect: &[&str]) {
        let line = |(stream, rejected, in_flight): &(&str, u64, u64)| Line {
            source: "tx".into(),
            stream: stream.to_string(),
            taken: rejected + in_flight,
            in_flight: *in_flight,
            here: Here::Open,
            lag: None,
            ends: [(("rejected".to_string(), "FB0701".to_string()), *rejected)].into(),
            imbalance: 0,
        };
        let ledger = Ledger { lines: streams.iter().map(line).collect() };
        let names: Vec<&str> = ledger.foremost(most).into_iter().map(|line| line.stream.as_str()).collect();
        assert_eq!(names, expect);
    }

    #[test]
    fn streams_that_say_most_come_first_when_not_all_can() {
        let streams = [("a", 0, 0), ("b", 1, 0), ("c", 0, 0), ("d", 0, 7), ("e", 5, 0)];
        check(&streams, 5, &["a", "b", "c", "d", "e"]);
        check(&streams, 4, &["e", "b", "d", "a"]);
        check(&streams, 1, &["e"]);
    }
}

//! Commits epochs: waits until every lane has sealed one and every record of it has ended, syncs outputs, writes the one
//! entry that is the commit point, and tells everybody. When something is away it sets the pipeline back to the last
//! commit and tries again.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use forebay_log::{Log, LogError};
use forebay_sched::backoff::Backoff;
use forebay_sched::epochs::{Epochs, Step};
use forebay_sched::suspects::Range;
use forebay_stage::{Fault, FaultKind, Sealed, Synced};
use forebay_types::{Epoch, code};

use crate::edge::Barrier;
use crate::entry::{self, Committed, Head, ImageEntry, Missed};
use crate::lane::{Command, Report, SealedLane};
use crate::node::{Stop, protected};
use crate::park::Waker;
use crate::status::{Outcome, Shared};

/// Calls in a row that may find something away without any epoch in between when the pipeline is to end.
const TRIES_WHEN_DRAINING: u32 = 3;
/// Times that something may break off (a panic outside of a record's call) without any epoch in between.
const TRIES_OF_A_DEFECT: u32 = 3;

pub struct Coordinator {
    pub log: Option<Log>,
    pub committed: Committed,
    pub epochs: Epochs,
    pub lanes: Vec<(Sender<Command>, Waker)>,
    pub reports: Receiver<Report>,
    /// Parts of epochs that are not committed yet.
    pub parts: BTreeMap<Epoch, Part>,
    pub backoff: Backoff,
    pub shared: Arc<Shared>,
    pub image_after_bytes: u64,
    pub image_bytes: u64,
    /// Log entries that the newest images do not need any more end before this sequence.
    pub sequences: BTreeMap<Epoch, u64>,
    pub imaging: bool,
    /// The epoch of which the work before its commit is under way.
    pub committing: Option<Committing>,
}

/// An epoch that waits for the work before its commit.
pub struct Committing {
    epoch: Epoch,
    part: Part,
    /// When to ask again, and how long to wait after that.
    ask_at: Instant,
    wait: Duration,
}

/// Answers are asked for after this time, then after twice the time, up to the longest.
const ASK_FIRST: Duration = Duration::from_micros(250);
const ASK_LONGEST: Duration = Duration::from_millis(8);

/// What the lanes gave for an epoch.
#[derive(Default)]
pub struct Part {
    barrier: Option<Barrier>,
    sinks: Vec<(String, Sealed)>,
    deltas: Vec<(String, Vec<u8>)>,
    images: Vec<(String, u32, Vec<u8>)>,
    streams: Vec<entry::StreamEntry>,
    missed: Vec<(String, Missed)>,
}

/// Why the lanes are set back in a while.
struct Failing {
    until: Instant,
    /// Records that lanes broke off at.
    suspects: Vec<Range>,
    /// It is a failure that a wait may mend.
    is_counted: bool,
}

impl Failing {
    fn now() -> Failing {
        Failing { until: Instant::now(), suspects: Vec::new(), is_counted: false }
    }
}

impl Committing {
    /// Whether everything that comes before the entry is done.
    fn is_synced(&mut self) -> Result<bool, Stop> {
        for (node, sealed) in &mut self.part.sinks {
            let Some(sync) = &mut sealed.sync else { continue };
            match protected(sync).map_err(|fault| Stop::new(node.clone(), fault))? {
                Synced::Done => sealed.sync = None,
                Synced::Waits => return Ok(false),
            }
        }
        Ok(true)
    }
}

impl Coordinator {
    /// The thread's whole life: until the last epoch is committed or the pipeline cannot go on.
    pub fn run(mut self) {
        let mut failing: Option<Failing> = None;
        let outcome = loop {
            let set_back_at = failing.as_ref().map(|failing| failing.until);
            let ask_at = self.committing.as_ref().map(|committing| committing.ask_at);
            let report = match set_back_at.into_iter().chain(ask_at).min() {
                None => self.reports.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.reports.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            let done = match report {
                Ok(report) => self.take(report).and_then(|step| self.act(step)),
                Err(RecvTimeoutError::Timeout) if set_back_at.is_some_and(|at| at <= Instant::now()) => {
                    let step =
                        self.set_back(failing.take().map_or_else(Vec::new, |failing| failing.suspects));
                    self.act(step)
                }
                Err(RecvTimeoutError::Timeout) => self.go_on_committing(),
                Err(RecvTimeoutError::Disconnected) => break Outcome::Stopped,
            };
            match done {
                Ok(None) => {}
                Ok(Some(outcome)) => break outcome,
                Err(stop) => match self.judge(failing.take(), stop) {
                    Ok(more) => failing = Some(more),
                    Err(outcome) => break outcome,
                },
            }
            if self.shared.abort.load(Ordering::Acquire) {
                break Outcome::Aborted;
            }
        };
        self.finish(outcome);
    }

    fn take(&mut self, report: Report) -> Result<Step, Stop> {
        match report {
            Report::Sealed(sealed) => Ok(self.sealed(sealed)),
            Report::Settled { generation, epoch, streams } => {
                if generation == self.epochs.generation() {
                    self.parts.entry(epoch).or_default().streams.extend(streams);
                }
                Ok(self.epochs.settled(generation, epoch))
            }
            Report::Undone { generation } => Ok(self.epochs.undone(generation)),
            Report::Failed { generation, stop } if generation == self.epochs.generation() => Err(stop),
            Report::Failed { .. } => Ok(Step::Wait),
            Report::Died(why) => Err(lane_died(why)),
        }
    }

    fn sealed(&mut self, sealed: SealedLane) -> Step {
        let epoch = sealed.barrier.epoch;
        if sealed.generation == self.epochs.generation() {
            let part = self.parts.entry(epoch).or_default();
            part.barrier = Some(sealed.barrier);
            part.sinks.extend(sealed.sinks);
            part.deltas.extend(sealed.deltas);
            part.images.extend(sealed.images);
            part.missed.extend(sealed.missed);
        }
        self.epochs.sealed(sealed.generation, epoch)
    }

    fn act(&mut self, step: Step) -> Result<Option<Outcome>, Stop> {
        match step {
            Step::Wait => {}
            Step::Settle(epoch) => self.tell(|| Command::Settle(epoch)),
            Step::Resume(generation) => self.tell(|| Command::Resume(generation)),
            Step::Commit(epoch) => {
                let part = self.parts.remove(&epoch).unwrap_or_default();
                self.committing = Some(Committing { epoch, part, ask_at: Instant::now(), wait: ASK_FIRST });
                return self.go_on_committing();
            }
        }
        Ok(None)
    }

    /// Makes an epoch durable: outputs first, then the entry. Where outputs wait for somebody they are asked again later.
    fn go_on_committing(&mut self) -> Result<Option<Outcome>, Stop> {
        let Some(mut committing) = self.committing.take() else { return Ok(None) };
        if !committing.is_synced()? {
            committing.ask_at = Instant::now() + committing.wait;
            committing.wait = (committing.wait * 2).min(ASK_LONGEST);
            self.committing = Some(committing);
            return Ok(None);
        }
        let Committing { epoch, part, .. } = committing;
        let barrier = part.barrier.expect("a committed epoch had a barrier");
        self.write(epoch, part)?;
        self.backoff.succeed();
        self.shared.epochs.fetch_add(1, Ordering::Relaxed);
        self.shared.set_waiting(None);
        self.tell(|| Command::Committed(epoch));
        let step = self.epochs.committed_now(epoch);
        if barrier.drain {
            let complete = barrier.complete;
            return Ok(Some(if complete { Outcome::Complete } else { Outcome::Drained }));
        }
        self.act(step)
    }

    fn write(&mut self, epoch: Epoch, mut part: Part) -> Result<(), Stop> {
        let missed = self.committed.missed_with(&part.missed);
        let Some(log) = &mut self.log else {
            self.committed.epoch = epoch;
            self.count(missed);
            return Ok(());
        };
        let mut head = Head::new(epoch);
        head.missed = missed.clone().into_iter().collect();
        for (node, shard, bytes) in &part.images {
            let blob = format!("{node}-{shard:04}-{}", epoch.0);
            log.put_blob(&blob, &[bytes]).map_err(|error| stop_of(&error))?;
            head.images.push(ImageEntry { node: node.clone(), shard: *shard, epoch: epoch.0, blob });
        }
        let changed = |stream: &entry::StreamEntry| {
            self.committed.streams.get(&(stream.source.clone(), stream.stream.clone())) != Some(stream)
        };
        head.streams = std::mem::take(&mut part.streams).into_iter().filter(changed).collect();
        head.sinks = part.sinks.iter().map(|(node, sealed)| (node.clone(), sealed.entry.len())).collect();
        head.deltas = part.deltas.iter().map(|(node, delta)| (node.clone(), delta.len())).collect();
        let bytes = entry::encode(&head);
        let mut parts: Vec<&[u8]> = vec![&bytes];
        parts.extend(part.sinks.iter().map(|(_, sealed)| sealed.entry.as_slice()));
        parts.extend(part.deltas.iter().map(|(_, delta)| delta.as_slice()));
        let sequence = log.append(&parts).map_err(|error| stop_of(&error))?;
        log.sync().map_err(|error| stop_of(&error))?;
        self.sequences.insert(epoch, sequence);
        self.count(missed);
        self.remember(head, part);
        self.keep_log_short();
        Ok(())
    }

    fn count(&mut self, missed: BTreeMap<String, Missed>) {
        if !missed.is_empty() {
            self.committed.missed.extend(missed);
            self.shared.set_missed(&self.committed.missed);
        }
    }

    /// Keeps what was committed in memory as a reader of the log would have it.
    fn remember(&mut self, head: Head, part: Part) {
        let committed = &mut self.committed;
        committed.epoch = Epoch(head.epoch);
        for stream in head.streams {
            committed.streams.insert((stream.source.clone(), stream.stream.clone()), stream);
        }
        for (node, sealed) in part.sinks {
            committed.sinks.insert(node, sealed.entry);
        }
        for image in head.images {
            let old = committed.images.insert((image.node.clone(), image.shard), image);
            if let (Some(old), Some(log)) = (old, &mut self.log) {
                // An image that cannot be removed now is removed with the state directory.
                let _ = log.remove_blob(&old.blob);
            }
        }
    }

    /// Asks for images when the log has grown, and drops what lies before them once they are complete.
    fn keep_log_short(&mut self) {
        let Some(log) = &mut self.log else { return };
        let shards: u64 = self.shared.state_shards;
        if shards == 0 || log.bytes() < self.image_after_bytes.max(self.image_bytes * 2) {
            return;
        }
        let oldest = self.committed.images.values().map(|image| image.epoch).min();
        let covered = self.committed.images.len() as u64 == shards;
        if let (true, Some(oldest)) = (covered, oldest)
            && self.imaging
            && oldest > self.shared.imaging_since.load(Ordering::Relaxed)
        {
            self.imaging = false;
            self.restate();
        } else if !self.imaging {
            self.imaging = true;
            self.shared.imaging_since.store(self.committed.epoch.0, Ordering::Relaxed);
            self.tell(|| Command::Image);
        }
    }

    /// Writes a full entry, after which everything before the images can go.
    fn restate(&mut self) {
        let Some(log) = &mut self.log else { return };
        let mut head = Head::new(self.committed.epoch);
        head.full = true;
        head.streams = self.committed.streams.values().cloned().collect();
        head.sinks = self.committed.sinks.iter().map(|(node, entry)| (node.clone(), entry.len())).collect();
        head.images = self.committed.images.values().cloned().collect();
        head.missed = self.committed.missed.clone().into_iter().collect();
        let bytes = entry::encode(&head);
        let mut parts: Vec<&[u8]> = vec![&bytes];
        parts.extend(self.committed.sinks.values().map(Vec::as_slice));
        let oldest = Epoch(self.committed.images.values().map(|image| image.epoch).min().unwrap_or(0));
        // Failing here loses nothing: the log is only longer than it has to be.
        if log.append(&parts).and_then(|_| log.sync()).is_ok()
            && let Some(first) = self.sequences.range(oldest..).next().map(|(_, sequence)| *sequence)
            && log.remove_before(first).is_ok()
        {
            self.sequences = self.sequences.split_off(&oldest);
            self.image_bytes = log.bytes();
        }
    }

    /// Whether a failure is waited for, and how long; otherwise the pipeline ends with it. Where records are to blame,
    /// each try takes one of them out, so there is nothing to wait for. `failing` is what other lanes were set back for
    /// meanwhile: they are all set back once.
    fn judge(&mut self, failing: Option<Failing>, stop: Stop) -> Result<Failing, Outcome> {
        let mut failing = failing.unwrap_or_else(Failing::now);
        if let Some(range) = stop.suspects {
            failing.suspects.push(range);
            return Ok(failing);
        }
        // Something that is away comes back; a defect that shows at every try does not. What several lanes failed at is one try.
        let is_hopeless = match stop.fault.kind {
            FaultKind::Fatal | FaultKind::Stream => true,
            _ if failing.is_counted => false,
            FaultKind::Call => self.backoff.failures() >= TRIES_OF_A_DEFECT,
            FaultKind::Away => self.shared.wish.is_drain() && self.backoff.failures() >= TRIES_WHEN_DRAINING,
        };
        if is_hopeless {
            return Err(Outcome::Failed { node: stop.node, fault: stop.fault });
        }
        self.shared.set_waiting(Some(format!("{}: {}", stop.node, stop.fault)));
        if !failing.is_counted {
            failing.is_counted = true;
            failing.until += Duration::from_nanos(self.backoff.fail() as u64);
        }
        Ok(failing)
    }

    fn set_back(&mut self, suspects: Vec<Range>) -> Step {
        self.parts.clear();
        self.committing = None;
        // Lanes forget what images were still to be taken; they are asked for again.
        self.imaging = false;
        let generation = self.epochs.abort();
        self.shared.aborts.fetch_add(1, Ordering::Relaxed);
        self.tell(|| Command::Undo { generation, suspects: suspects.clone() });
        Step::Wait
    }

    fn tell(&self, command: impl Fn() -> Command) {
        (0..self.lanes.len()).for_each(|lane| self.tell_one(lane, command()));
    }

    fn tell_one(&self, lane: usize, command: Command) {
        let (sender, waker) = &self.lanes[lane];
        let _ = sender.send(command);
        waker.wake();
    }

    fn finish(self, mut outcome: Outcome) {
        self.tell(|| Command::Stop);
        // Lanes that have ended let go of their end of the channel. Until then something may still go wrong in what follows a
        // commit: a finished file that cannot get its name.
        while let Ok(report) = self.reports.recv() {
            let stop = match report {
                Report::Failed { stop, .. } => stop,
                Report::Died(why) => lane_died(why),
                _ => continue,
            };
            if let Outcome::Complete | Outcome::Drained = outcome {
                outcome = Outcome::Failed { node: stop.node, fault: stop.fault };
            }
        }
        let trip = self.shared.trip.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (Outcome::Complete | Outcome::Drained, Some(trip)) =
            (&outcome, trip.filter(|trip| trip.is_end))
        {
            outcome = Outcome::Failed { fault: trip.fault(), node: trip.source };
        }
        let mut slot = self.shared.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(outcome);
    }
}

fn lane_died(why: String) -> Stop {
    Stop::new("(lane)", Fault::fatal(&code::ENGINE_DEFECT, why))
}

fn stop_of(error: &LogError) -> Stop {
    let fault = match error {
        LogError::Full { .. } | LogError::Io { .. } => Fault::away(&code::COMMIT_FAILED, error.to_string()),
        _ => Fault::fatal(&code::COMMIT_FAILED, error.to_string()),
    };
    Stop::new("(state)", fault)
}

#[cfg(test)]
mod tests {
    use forebay_types::{MergeKey, StreamId};

    use super::*;

    fn coordinator() -> Coordinator {
        Coordinator {
            log: None,
            committed: Committed::default(),
            epochs: Epochs::new(2, 2, 1, Epoch(0)),
            lanes: Vec::new(),
            reports: crossbeam_channel::never(),
            parts: BTreeMap::new(),
            backoff: Backoff::new(1_000_000_000, 8_000_000_000),
            shared: Arc::default(),
            image_after_bytes: 0,
            image_bytes: 0,
            sequences: BTreeMap::new(),
            imaging: false,
            committing: None,
        }
    }

    fn broke_off_at(seq: u64) -> Stop {
        let key = MergeKey { high: 1, stream: StreamId(0), seq };
        let range = Range { first: key, last: key };
        Stop { suspects: Some(range), ..Stop::new("out", Fault::call(&code::STAGE_PANICKED, "it panicked")) }
    }

    fn failed(kind: fn(&'static code::Code, &'static str) -> Fault) -> Stop {
        Stop::new("out", kind(&code::COMMIT_FAILED, "it is away"))
    }

    #[test]
    fn lanes_that_fail_at_once_are_set_back_once_for_all_of_them() {
        let mut coordinator = coordinator();
        let mut failing = None;
        for stop in [broke_off_at(3), failed(Fault::away), broke_off_at(9), failed(Fault::away)] {
            failing = Some(coordinator.judge(failing, stop).expect("it is tried again"));
        }
        let failing = failing.expect("it failed");
        assert_eq!(failing.suspects.iter().map(|range| range.first.seq).collect::<Vec<_>>(), [3, 9]);
        let wait = failing.until.saturating_duration_since(Instant::now());
        assert!(wait > Duration::from_millis(500) && wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(coordinator.backoff.failures(), 1);
    }

    #[test]
    fn tries_are_counted_by_set_back_and_not_by_lane() {
        let mut coordinator = coordinator();
        for _ in 0..TRIES_OF_A_DEFECT {
            let first = coordinator.judge(None, failed(Fault::call)).expect("it is tried again");
            coordinator.judge(Some(first), failed(Fault::call)).expect("it is the same try");
        }
        assert!(coordinator.judge(None, failed(Fault::call)).is_err(), "a defect that shows at every try");
        let first = self::coordinator().judge(None, failed(Fault::away)).expect("it is tried again");
        assert!(coordinator.judge(Some(first), failed(Fault::fatal)).is_err(), "whatever else failed");
    }
}

//! Drives the sources: reads, merges streams that are to be merged, cuts rounds, decides when an epoch ends, and
//! counts records whose claims have come back.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use forebay_batch::{Batch, HeaderRing, RowsRing};
use forebay_sched::ledger::{Account, Tally};
use forebay_sched::merge::{self, Limit, Merge};
use forebay_sched::suspects::{self, Suspects, Verdict};
use forebay_stage::{Fault, Reject};
use forebay_types::end::End;
use forebay_types::id::NodeId;
use forebay_types::{Epoch, StreamId, code};

use crate::edge::Barrier;
use crate::entry::{Committed, StreamEntry};
use crate::gather::{self, Gatherer, Order};
use crate::intake::{Intake, Key};
use crate::kit::SharedReasons;
use crate::status::StreamStatus;

const FLUSH_EVERY_NS: i64 = 1_000_000;
/// Once a look at the sources found nothing, the next one is not sooner than this: many streams that have nothing to say
/// are looked at together. A source that gives something whenever it is looked at is looked at in time.
const IDLE_SLACK_NS: i64 = 10_000_000;
/// Epochs that may wait for their commit while the next one is worked on.
const EPOCHS_IN_FLIGHT: u64 = 2;

/// What the outside asks of the sources.
#[derive(Debug, Default)]
pub struct Wish(AtomicU8);

impl Wish {
    /// Take in nothing more and give out what is there.
    pub fn drain(&self) {
        self.0.fetch_max(1, Ordering::AcqRel);
    }

    pub fn is_drain(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

pub struct Driver {
    /// In the order of their stream ids.
    pub intakes: Vec<Intake>,
    /// Intakes that are merged with each other.
    groups: Vec<Vec<usize>>,
    gatherers: BTreeMap<NodeId, Gatherer>,
    headers: HeaderRing,
    max_batch: usize,
    commit_every_ns: i64,
    wish: Arc<Wish>,
    suspects: Suspects,
    /// Where suspects are kept between processes.
    suspects_file: Option<PathBuf>,
    reasons: SharedReasons,
    /// The epoch that records now belong to.
    epoch: Epoch,
    committed: Epoch,
    epoch_began: i64,
    records_in_epoch: u64,
    /// Positions at each barrier that is not committed yet.
    sealed: VecDeque<(Epoch, Vec<StreamEntry>)>,
    /// Ends that came back, by epoch and stream.
    tallies: BTreeMap<Epoch, BTreeMap<StreamId, Tally>>,
    /// What was last committed of each stream.
    last: Vec<Option<StreamEntry>>,
    /// Streams of earlier runs that are not there any more.
    past: Vec<StreamEntry>,
    /// The last barrier of this run is under way.
    finishing: bool,
    /// A round without records is wanted, so that what stages gave out of turn crosses to other segments.
    pub nudged: bool,
    /// While a source is held back: when the next round without records is due. It makes lanes let go of what they keep
    /// until their next round, and so shows how far they are.
    flush_at: Option<i64>,
    /// The last look at the sources found nothing, and nothing waits to be merged.
    idle: bool,
    scratch: Scratch,
    statuses: Arc<std::sync::Mutex<Vec<StreamStatus>>>,
}

#[derive(Default)]
struct Scratch {
    /// Intakes that release rows, and how many.
    releases: Vec<(usize, usize)>,
    pieces: Vec<Batch>,
    merge: Merge<Order>,
    rows: RowsRing,
}

/// What the next round of the source segment is.
pub enum Next {
    /// Batches are in `out`.
    Round(Option<Barrier>),
    /// Nothing before [`Driver::wake_at`], or before something else happens.
    Wait,
}

/// A source's part of a round.
pub struct FromSource {
    pub node: NodeId,
    pub batch: Batch,
    pub rejects: Vec<Reject>,
}

impl FromSource {
    /// Good ones and rejected ones.
    pub fn records(&self) -> u64 {
        (self.batch.len() + self.rejects.len()) as u64
    }
}

/// What the driver is made with.
pub struct Start {
    pub intakes: Vec<Intake>,
    pub groups: Vec<Vec<usize>>,
    pub gatherers: BTreeMap<NodeId, Gatherer>,
    pub max_batch: usize,
    pub commit_every_ns: i64,
    pub wish: Arc<Wish>,
    pub suspects: Suspects,
    pub suspects_file: Option<PathBuf>,
    pub reasons: SharedReasons,
    pub committed: Committed,
    pub now: i64,
    pub statuses: Arc<std::sync::Mutex<Vec<StreamStatus>>>,
}

impl Driver {
    pub fn new(start: Start) -> Result<Driver, Fault> {
        let mut past = start.committed.streams;
        let last =
            start.intakes.iter().map(|intake| past.remove(&(intake.source.clone(), intake.name.clone())));
        let mut driver = Driver {
            last: last.collect(),
            past: past.into_values().collect(),
            intakes: start.intakes,
            groups: start.groups,
            gatherers: start.gatherers,
            headers: HeaderRing::default(),
            max_batch: start.max_batch,
            commit_every_ns: start.commit_every_ns,
            wish: start.wish,
            suspects: start.suspects,
            suspects_file: start.suspects_file,
            reasons: start.reasons,
            epoch: start.committed.epoch.next(),
            committed: start.committed.epoch,
            epoch_began: start.now,
            records_in_epoch: 0,
            sealed: VecDeque::new(),
            tallies: BTreeMap::new(),
            finishing: false,
            nudged: false,
            flush_at: None,
            idle: false,
            scratch: Scratch::default(),
            statuses: start.statuses,
        };
        driver.check_streams()?;
        driver.go_back()?;
        Ok(driver)
    }

    /// Positions that were saved have to be of the streams that are there now.
    fn check_streams(&self) -> Result<(), Fault> {
        for (intake, last) in self.intakes.iter().zip(&self.last) {
            let Some(last) = last else { continue };
            if !intake.matches(&last.fingerprint) {
                return Err(Fault::fatal(
                    &code::STREAM_REPLACED,
                    format!(
                        "`{}` of source `{}` is not what it was when its position was saved: put it back, or begin \
                         anew with --fresh",
                        intake.name, intake.source
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Records that a sink broke off at.
    pub fn suspect(&mut self, range: Option<suspects::Range>) {
        if let Some(range) = range {
            self.suspects.crashed(&[range]);
        }
    }

    /// Sets every stream to what was committed last.
    pub fn go_back(&mut self) -> Result<(), Fault> {
        self.headers = HeaderRing::default();
        self.sealed.clear();
        self.tallies.clear();
        self.epoch = self.committed.next();
        self.records_in_epoch = 0;
        self.finishing = false;
        self.flush_at = None;
        for at in 0..self.intakes.len() {
            let last = self.last[at].clone();
            let account = last.as_ref().map_or_else(Account::default, |entry| self.account_of(entry));
            self.intakes[at].restore(last.as_ref(), account)?;
        }
        self.publish();
        Ok(())
    }

    fn account_of(&self, entry: &StreamEntry) -> Account {
        let mut account = Account { taken: entry.taken, ..Account::default() };
        let mut reasons = self.reasons.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (fate, reason, count) in &entry.ends {
            let fate = forebay_types::end::Fate::ALL.into_iter().find(|f| f.to_string() == *fate);
            account.tally.add(fate.map(|fate| End::new(fate, reasons.id(reason))), *count);
        }
        account.tally.lost += entry.lost;
        account
    }

    /// Works out the next round.
    pub fn next(&mut self, now: i64, out: &mut Vec<FromSource>) -> Result<Next, Fault> {
        out.clear();
        self.settle();
        if self.finishing {
            return Ok(Next::Wait);
        }
        let drain = self.wish.is_drain();
        let mut held = false;
        if !drain {
            for group in 0..self.groups.len() {
                if self.is_held_back(&self.groups[group], now) {
                    held = true;
                } else {
                    self.release_group(group, now, out)?;
                }
            }
        }
        let complete = !drain && self.intakes.iter().all(Intake::has_ended);
        let barrier = self.barrier(now, drain, complete);
        self.flush_at = held.then_some(now + FLUSH_EVERY_NS);
        self.idle = out.is_empty() && !held && self.intakes.iter().all(|intake| intake.waiting() == 0);
        if out.is_empty() && barrier.is_none() && !std::mem::take(&mut self.nudged) && !held {
            return Ok(Next::Wait);
        }
        Ok(Next::Round(barrier))
    }

    /// Whether what was read before has to come back first.
    fn is_held_back(&self, members: &[usize], now: i64) -> bool {
        let Some(oldest) = self.headers.oldest_arrival() else { return false };
        let patience = members.iter().filter_map(|at| self.intakes[*at].patience_ns()).min();
        patience.is_some_and(|patience| now - oldest > patience)
    }

    /// Whether a call of [`next`](Self::next) may find something to do.
    pub fn is_due(&self, now: i64) -> bool {
        if self.finishing {
            return false;
        }
        self.wish.is_drain()
            || self.nudged
            || match self.flush_at {
                Some(at) => at <= now,
                None => self.groups.iter().any(|group| self.is_group_due(group, now)),
            }
            || self.seal_at().is_some_and(|at| at <= now)
    }

    /// Whether streams that are merged with each other can read something, or have rows that need not wait for one of them.
    fn is_group_due(&self, members: &[usize], now: i64) -> bool {
        let intakes = || members.iter().map(|at| &self.intakes[*at]);
        if members.len() == 1 || intakes().any(|intake| intake.can_read(now)) {
            return intakes().any(|intake| intake.waiting() > 0 || intake.can_read(now));
        }
        let limit = merge::limit(intakes().map(Intake::head));
        intakes().filter_map(Intake::first_key).any(|key| limit.allows(&key))
    }

    /// When the driver wants to be asked again without anything else happening.
    pub fn wake_at(&self, now: i64) -> Option<i64> {
        let reads = self.intakes.iter().filter_map(Intake::not_before);
        let reads =
            reads.min().map(|at| if self.idle { at.max(now + IDLE_SLACK_NS) } else { at }).into_iter();
        reads.chain(self.seal_at()).chain(self.flush_at).filter(|at| *at > now).min()
    }

    /// When the epoch wants to end; `None` while it is empty or too many wait for their commit.
    fn seal_at(&self) -> Option<i64> {
        let room = self.epoch.0 - self.committed.0 <= EPOCHS_IN_FLIGHT;
        (self.records_in_epoch > 0 && room).then_some(self.epoch_began + self.commit_every_ns)
    }

    fn barrier(&mut self, now: i64, drain: bool, complete: bool) -> Option<Barrier> {
        let last = drain || complete;
        if !last && self.seal_at().is_none_or(|at| at > now) {
            return None;
        }
        let epoch = self.epoch;
        self.sealed.push_back((epoch, self.intakes.iter().map(Intake::entry).collect()));
        self.epoch = epoch.next();
        self.epoch_began = now;
        self.records_in_epoch = 0;
        self.finishing = last;
        // Until it is committed, which may take its time, others see what is in flight.
        self.publish();
        Some(Barrier { epoch, drain: last, complete })
    }

    fn release_group(&mut self, group: usize, now: i64, out: &mut Vec<FromSource>) -> Result<(), Fault> {
        let members = &self.groups[group];
        for at in members {
            self.intakes[*at].refill(now, self.max_batch)?;
        }
        let limit = merge::limit(members.iter().map(|at| self.intakes[*at].head()));
        if !self.suspects.is_empty() {
            self.release_one(now, group, limit, out);
            return Ok(());
        }
        let alone = members.len() == 1;
        let released = members.iter().map(|at| {
            let intake = &self.intakes[*at];
            (*at, if alone { intake.waiting() } else { intake.rows_up_to(|key| limit.allows(key)) })
        });
        self.scratch.releases.clear();
        self.scratch.releases.extend(released.filter(|(_, rows)| *rows > 0));
        self.release_rows(now, out);
        Ok(())
    }

    /// After a crash: one record at a time, and those that crashed the process twice are set aside.
    fn release_one(&mut self, now: i64, group: usize, limit: Limit<Key>, out: &mut Vec<FromSource>) {
        let members = &self.groups[group];
        let first = |at: &usize| self.intakes[*at].first_key().map(|key| (key, *at));
        let Some((key, at)) = members.iter().filter_map(first).min() else { return };
        if members.len() > 1 && !limit.allows(&key) {
            return;
        }
        let verdict = self.suspects.verdict(suspect_key(key));
        self.scratch.releases.clear();
        self.scratch.releases.push((at, 1));
        self.release_rows(now, out);
        if verdict == Verdict::SetAside
            && let Some(from) = out.last_mut()
            && !from.batch.is_empty()
        {
            let reason = "it was in flight when the process or a sink broke off twice";
            from.rejects.push(Reject::new(&from.batch, 0, &code::RECORD_CRASHED, reason));
            from.batch = from.batch.clone().select(forebay_batch::Rows::Range(0, 0));
        }
    }

    /// Releases what `scratch.releases` says; rows of one source come in merged order. Streams are numbered source by
    /// source, so those of one source stand next to each other.
    fn release_rows(&mut self, now: i64, out: &mut Vec<FromSource>) {
        let mut at = 0;
        while let Some((first, _)) = self.scratch.releases.get(at).copied() {
            let node = self.intakes[first].node();
            let mut rejects = Vec::new();
            self.scratch.pieces.clear();
            while let Some((intake, count)) = self.scratch.releases.get(at).copied()
                && self.intakes[intake].node() == node
            {
                let released = self.intakes[intake].release(now, count, self.epoch, &mut self.headers);
                rejects.extend(released.rejects);
                self.scratch.pieces.push(released.batch);
                self.records_in_epoch += count as u64;
                at += 1;
            }
            self.merge_pieces(node, rejects, out);
        }
    }

    fn merge_pieces(&mut self, node: NodeId, rejects: Vec<Reject>, out: &mut Vec<FromSource>) {
        let Scratch { pieces, merge, rows: ring, .. } = &mut self.scratch;
        if pieces.len() == 1 {
            let batch = pieces.pop().expect("one piece");
            out.push(FromSource { node, batch, rejects });
            return;
        }
        let runs = gather::runs_of(merge, pieces.len(), |list| &pieces[list]);
        let rows: usize = pieces.iter().map(Batch::len).sum();
        // Long runs are handed on as they are; short ones are copied together, so that batches stay batches.
        if runs.len() * 64 > rows {
            let gatherer =
                self.gatherers.get_mut(&node).expect("a source with several streams has a gatherer");
            let batch = gatherer.gather(pieces);
            out.push(FromSource { node, batch, rejects });
        } else {
            let mut rejects = Some(rejects);
            for run in runs {
                let piece = &pieces[run.list];
                let part = ring.part(piece.rows(), run.from, run.to);
                let batch = piece.clone().select(part);
                out.push(FromSource { node, batch, rejects: rejects.take().unwrap_or_default() });
            }
        }
        pieces.clear();
    }

    /// Counts the records of headers that came back.
    pub fn settle(&mut self) {
        self.scratch.pieces.clear();
        for gatherer in self.gatherers.values_mut() {
            gatherer.settle();
        }
        let tallies = &mut self.tallies;
        self.headers.settle(|settled| {
            let header = settled.header();
            let by_stream = tallies.entry(header.epoch).or_default();
            let mut run: Option<(StreamId, Option<End>, u64)> = None;
            for (end, origin) in settled.ends().zip(&header.origin) {
                match &mut run {
                    Some((stream, last, count)) if *stream == origin.stream && *last == end => *count += 1,
                    _ => {
                        if let Some((stream, last, count)) = run.take() {
                            by_stream.entry(stream).or_default().add(last, count);
                        }
                        run = Some((origin.stream, end, 1));
                    }
                }
            }
            if let Some((stream, last, count)) = run {
                by_stream.entry(stream).or_default().add(last, count);
            }
        });
    }

    /// Whether every record up to and including an epoch has ended.
    pub fn is_settled(&mut self, epoch: Epoch) -> bool {
        self.settle();
        self.headers.oldest_epoch().is_none_or(|oldest| oldest > epoch)
    }

    /// The streams as they are to be committed with a settled epoch: those that have changed.
    pub fn settled_streams(&mut self, epoch: Epoch) -> Vec<StreamEntry> {
        let Some((_, entries)) = self.sealed.iter().find(|(sealed, _)| *sealed == epoch) else {
            return Vec::new();
        };
        let mut entries = entries.clone();
        if let Some(tallies) = self.tallies.remove(&epoch) {
            for (stream, tally) in tallies {
                self.intakes[stream.0 as usize].account.tally.merge(&tally);
            }
        }
        let reasons = self.reasons.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (entry, intake) in entries.iter_mut().zip(&self.intakes) {
            let tally = &intake.account.tally;
            let named = |(end, count): (End, u64)| {
                (end.fate().to_string(), reasons.name(end.reason()).to_string(), count)
            };
            entry.ends = tally.ends().map(named).collect();
            entry.lost = tally.lost;
        }
        entries
    }

    /// An epoch is durable, with these streams.
    pub fn committed(&mut self, epoch: Epoch, entries: Vec<StreamEntry>) {
        self.committed = epoch;
        self.sealed.retain(|(sealed, _)| *sealed > epoch);
        self.pass(&entries);
        self.last = entries.into_iter().map(Some).collect();
        self.publish();
    }

    /// Forgets suspects that every stream has passed.
    fn pass(&mut self, entries: &[StreamEntry]) {
        if self.suspects.is_empty() {
            return;
        }
        let open = entries
            .iter()
            .zip(&self.intakes)
            .filter(|(e, intake)| !intake.has_ended() || e.taken < intake.taken);
        let key = open.map(|(entry, intake)| suspects::Key {
            high: entry.high.unwrap_or(i64::MIN),
            stream: intake.id,
            seq: entry.seq.saturating_sub(1),
        });
        match key.min() {
            Some(key) => self.suspects.passed(key),
            None => self.suspects = Suspects::default(),
        }
        if let (true, Some(file)) = (self.suspects.is_empty(), &self.suspects_file) {
            // Suspects that stay on file do no harm: they are passed again.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Makes the accounts visible.
    fn publish(&self) {
        let statuses = self.intakes.iter().zip(&self.last).map(|(intake, last)| StreamStatus {
            source: intake.source.clone(),
            stream: intake.name.clone(),
            taken: intake.taken,
            committed: last.clone().unwrap_or_default(),
            ended: intake.has_ended(),
        });
        let past = self.past.iter().map(|entry| StreamStatus {
            source: entry.source.clone(),
            stream: entry.stream.clone(),
            taken: entry.taken,
            committed: entry.clone(),
            ended: true,
        });
        let statuses = past.chain(statuses);
        *self.statuses.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = statuses.collect();
    }
}

fn suspect_key((high, stream, seq): Key) -> suspects::Key {
    suspects::Key { high, stream, seq }
}

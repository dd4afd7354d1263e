//! Drives the streams of a lane: takes those that come and lets go of those that go, reads, merges streams that are to be
//! merged, cuts rounds, decides when an epoch ends, and counts records whose claims have come back. Streams that have no order among each
//! other are on all lanes: a stream's number says on which, and where it stands there.

mod wish;
mod streams;
mod guard;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use forebay_batch::{Batch, CutRing, HeaderRing, RowsRing};
use forebay_sched::epochs::Generation;
use forebay_sched::ledger::{Account, Tally};
use forebay_sched::merge::Merge;
use forebay_sched::suspects::{self, Suspects, Verdict};
use forebay_stage::{Fault, Reject, Source, StreamNames};
use forebay_types::end::{End, Fate};
use forebay_types::id::NodeId;
use forebay_types::{Epoch, MergeKey, StreamId, code};

use crate::edge::Barrier;
use crate::entry::StreamEntry;
use crate::gather::{self, Gatherer};
use crate::group::Group;
use crate::intake::{Facts, Intake};
use crate::kit::SharedReasons;
use crate::node::Stop;
use crate::post::Post;
use crate::status::{Here, StreamStatus, Streams};
use crate::steps::{Round, Step};
pub use guard::{Guard, Trip};
pub use wish::Wish;

const FLUSH_EVERY_NS: i64 = 1_000_000;
/// Once a look at the sources found nothing, the next one is not sooner than this: many streams that have nothing to say
/// are looked at together. A source that gives something whenever it is looked at is looked at in time.
const IDLE_SLACK_NS: i64 = 10_000_000;
/// Streams that have memory made beforehand for a header a round; of more, few give something in one round.
const STREAMS_WITH_ROOM: usize = 16;
/// Epochs that may wait for their commit while the next one is worked on.
const EPOCHS_IN_FLIGHT: u64 = 2;

pub struct Driver {
    /// In the order of their stream ids.
    pub intakes: Vec<Intake>,
    sources: Vec<SourceRun>,
    groups: Vec<Group>,
    step: Step,
    post: Arc<Post>,
    names: Arc<StreamNames>,
    gatherers: BTreeMap<NodeId, Gatherer>,
    headers: HeaderRing,
    cuts: CutRing,
    /// Rounds of sources that may be under way.
    rounds: usize,
    max_batch: usize,
    commit_every_ns: i64,
    wish: Arc<Wish>,
    suspects: Suspects,
    /// Where suspects are kept between processes, until no lane has any.
    suspects_file: Option<Arc<PathBuf>>,
    reasons: SharedReasons,
    /// The epoch that records now belong to.
    epoch: Epoch,
    committed: Epoch,
    epoch_began: i64,
    records_in_epoch: u64,
    /// Streams that have changed since the last barrier.
    changed: Vec<usize>,
    /// At each barrier that is not committed yet, the streams that had changed.
    sealed: VecDeque<Sealed>,
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
    /// Streams that wait for the commit of what was taken of them.
    closing: usize,
    /// The last look at the sources found nothing, and nothing waits to be merged.
    idle: bool,
    guard: Arc<Mutex<Guard>>,
    scratch: Scratch,
    statuses: Arc<Streams>,
}

/// A source that may have news.
#[derive(Clone)]
pub struct SourceRun {
    pub name: String,
    /// Lane 0 hears it, and all lanes tell it what is committed.
    pub source: Arc<Mutex<Box<dyn Source>>>,
    pub facts: Facts,
    /// Its streams are of this group.
    pub group: usize,
}

/// Streams as they were at a barrier, by position.
struct Sealed {
    epoch: Epoch,
    streams: Vec<(usize, StreamEntry)>,
}

#[derive(Default)]
struct Scratch {
    /// Intakes that release rows.
    chosen: Vec<usize>,
    pieces: Vec<Batch>,
    merge: Merge<MergeKey>,
    rows: RowsRing,
}

/// What the next round of the source segment is.
pub enum Next {
    /// Batches are in `out`.
    Round(Round),
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
    pub sources: Vec<SourceRun>,
    /// Intakes that are merged with each other, or are free.
    pub groups: Vec<Group>,
    pub step: Step,
    pub post: Arc<Post>,
    pub names: Arc<StreamNames>,
    pub gatherers: BTreeMap<NodeId, Gatherer>,
    pub max_batch: usize,
    /// Rounds of sources that may be under way, to have memory for.
    pub rounds: usize,
    pub commit_every_ns: i64,
    pub wish: Arc<Wish>,
    pub suspects: Suspects,
    pub suspects_file: Option<Arc<PathBuf>>,
    pub reasons: SharedReasons,
    pub committed: Epoch,
    /// What is committed of its streams, and for the first of several drivers that of all others.
    pub streams: BTreeMap<(String, String), StreamEntry>,
    pub now: i64,
    pub statuses: Arc<Streams>,
    pub guard: Arc<Mutex<Guard>>,
}

impl Driver {
    pub fn new(start: Start) -> Result<Driver, Fault> {
        let mut past = start.streams;
        let last =
            start.intakes.iter().map(|intake| past.remove(&(intake.source.clone(), intake.name.clone())));
        let mut driver = Driver {
            last: last.collect(),
            past: past.into_values().collect(),
            intakes: start.intakes,
            sources: start.sources,
            groups: start.groups,
            step: start.step,
            post: start.post,
            names: start.names,
            gatherers: start.gatherers,
            headers: HeaderRing::default(),
            cuts: CutRing::default(),
            rounds: start.rounds,
            max_batch: start.max_batch,
            commit_every_ns: start.commit_every_ns,
            wish: start.wish,
            suspects: start.suspects,
            suspects_file: start.suspects_file,
            reasons: start.reasons,
            epoch: start.committed.next(),
            committed: start.committed,
            epoch_began: start.now,
            records_in_epoch: 0,
            changed: Vec::new(),
            sealed: VecDeque::new(),
            tallies: BTreeMap::new(),
            finishing: false,
            nudged: false,
            flush_at: None,
            closing: 0,
            idle: false,
            guard: start.guard,
            scratch: Scratch::default(),
            statuses: start.statuses,
        };
        for (intake, last) in driver.intakes.iter().zip(&driver.last) {
            streams::check(intake, last.as_ref())?;
        }
        driver.go_back().map_err(|stop| stop.fault)?;
        Ok(driver)
    }

    /// Records that something broke off at.
    pub fn suspect(&mut self, ranges: &[suspects::Range]) {
        self.suspects.crashed(ranges);
    }

    /// What is under way is void from now on.
    pub fn begin_anew(&mut self, generation: Generation) -> Result<(), Stop> {
        self.step.begin_anew(generation);
        self.go_back()
    }

    /// Sets every stream to what was committed last.
    fn go_back(&mut self) -> Result<(), Stop> {
        let comes_and_goes = self.groups.iter().any(Group::is_free);
        let streams =
            if comes_and_goes { STREAMS_WITH_ROOM } else { self.intakes.len().min(STREAMS_WITH_ROOM) };
        let batches = self.rounds * streams;
        self.headers = HeaderRing::with_room(batches, self.max_batch, 0);
        self.cuts = CutRing::with_room(batches);
        self.sealed.clear();
        self.tallies.clear();
        self.epoch = self.committed.next();
        self.records_in_epoch = 0;
        self.finishing = false;
        self.flush_at = None;
        // What was undone is counted when it ends again.
        self.guard().begin_anew();
        for at in 0..self.intakes.len() {
            let last = self.last[at].clone();
            let account = last.as_ref().map_or_else(Account::default, |entry| self.account_of(entry));
            self.intakes[at].restore(last.as_ref(), account)?;
            self.intakes[at].is_changed = true;
            if self.intakes[at].is_closing() {
                // Everything that is committed of it is all that there is.
                self.intakes[at].let_go();
            }
        }
        self.closing = 0;
        // The first barrier states every stream: what is known of one may have changed since it was last stated.
        self.changed = (0..self.intakes.len()).collect();
        self.groups.iter_mut().for_each(|group| group.reset(&self.intakes));
        self.publish_all();
        Ok(())
    }

    fn account_of(&self, entry: &StreamEntry) -> Account {
        let mut account = Account { taken: entry.taken, ..Account::default() };
        let mut reasons = lock(&self.reasons);
        for (fate, reason, count) in &entry.ends {
            let fate = Fate::ALL.into_iter().find(|f| f.to_string() == *fate);
            account.tally.add(fate.map(|fate| End::new(fate, reasons.id(reason))), *count);
        }
        account.tally.lost += entry.lost;
        account
    }

    /// Hears what sources have to say while sinks take nothing: a fault of theirs does not wait for room.
    pub fn listen(&mut self) -> Result<(), Stop> {
        match !self.finishing && self.post.take_ring(self.step.lane()) {
            true => self.hear(),
            false => Ok(()),
        }
    }

    pub fn is_rung(&self) -> bool {
        !self.finishing && self.post.is_rung(self.step.lane())
    }

    /// Whether it takes nothing in any more.
    pub fn is_draining(&self) -> bool {
        self.wish.is_drain()
    }

    /// Works out the next round.
    pub fn next(&mut self, now: i64, out: &mut Vec<FromSource>) -> Result<Next, Stop> {
        out.clear();
        self.guard().at(now, &self.wish);
        self.settle();
        if self.finishing {
            return Ok(Next::Wait);
        }
        if self.post.take_ring(self.step.lane()) {
            self.hear()?;
        }
        let drain = self.wish.is_drain();
        let mut held = false;
        if !drain && !self.wish.is_pause() {
            for group in 0..self.groups.len() {
                if self.is_held_back(group, now) {
                    held = true;
                } else {
                    self.release_group(group, now, out)?;
                }
            }
        }
        self.check_alive()?;
        let complete = !drain && self.groups.iter().all(|group| group.has_ended() && !group.is_free());
        let barrier = self.wanted(now, drain, complete);
        self.flush_at = held.then_some(now + FLUSH_EVERY_NS);
        let nudged = std::mem::take(&mut self.nudged);
        let is_round = !out.is_empty() || barrier.is_some() || nudged || held || self.step.owes();
        // A round for its barrier alone says nothing about the streams.
        self.idle = !is_round && !self.groups.iter().any(Group::has_rows);
        if !is_round {
            return Ok(Next::Wait);
        }
        let round = self.step.begin(barrier);
        if let Some(barrier) = &round.barrier {
            self.seal(now, barrier);
        }
        Ok(Next::Round(round))
    }

    /// What the round gave is on its way.
    pub fn sent(&self, round: Option<u64>) {
        round.into_iter().for_each(|round| self.step.sent(round));
    }

    /// Nothing is to be done before somebody wakes the lane.
    pub fn rest(&self) {
        self.step.rest();
    }

    /// Whether what was read before has to come back first.
    fn is_held_back(&self, group: usize, now: i64) -> bool {
        let Some(oldest) = self.headers.oldest_arrival() else { return false };
        self.groups[group].patience_ns().is_some_and(|patience| now - oldest > patience)
    }

    /// Whether a call of [`next`](Self::next) may find something to do.
    pub fn is_due(&self, now: i64) -> bool {
        if self.finishing {
            return false;
        }
        self.step.owes()
            || self.wish.is_drain() && self.step.may_propose()
            || self.nudged
            || self.post.is_rung(self.step.lane())
            || match self.flush_at {
                Some(at) => at <= now,
                None => !self.takes_nothing() && self.groups.iter().any(|group| group.is_due(now)),
            }
            || self.seal_at().is_some_and(|at| at <= now)
    }

    fn takes_nothing(&self) -> bool {
        self.wish.is_pause() || self.wish.is_drain()
    }

    /// When the driver wants to be asked again without anything else happening.
    pub fn wake_at(&self, now: i64) -> Option<i64> {
        let reads = self.groups.iter().filter(|_| !self.takes_nothing()).filter_map(Group::later_at);
        let reads =
            reads.min().map(|at| if self.idle { at.max(now + IDLE_SLACK_NS) } else { at }).into_iter();
        // Also while another lane has not ended the epoch before: it may have when this one sleeps.
        reads.chain(self.ends_at()).chain(self.flush_at).filter(|at| *at > now).min()
    }

    /// When the epoch wants to end; `None` while it is empty or too many wait for their commit.
    fn ends_at(&self) -> Option<i64> {
        let room = self.epoch.0 - self.committed.0 <= EPOCHS_IN_FLIGHT;
        let interval_ns = if self.closing > 0 { 0 } else { self.commit_every_ns };
        (self.records_in_epoch > 0 && room).then_some(self.epoch_began + interval_ns)
    }

    /// The same, where no other lane has yet to end the epoch before.
    fn seal_at(&self) -> Option<i64> {
        self.ends_at().filter(|_| self.step.may_propose())
    }

    /// How the epoch wants to end, if it does.
    fn wanted(&self, now: i64, drain: bool, complete: bool) -> Option<Barrier> {
        let last = drain || complete;
        let wants = last || self.seal_at().is_some_and(|at| at <= now);
        wants.then_some(Barrier { epoch: self.epoch, drain: last, complete })
    }

    /// The epoch ends behind this round.
    fn seal(&mut self, now: i64, barrier: &Barrier) {
        let epoch = self.epoch;
        debug_assert_eq!(epoch, barrier.epoch, "all lanes end one epoch after the other");
        let mut streams = Vec::with_capacity(self.changed.len());
        for at in self.changed.drain(..) {
            self.intakes[at].is_changed = false;
            streams.push((at, self.intakes[at].entry()));
        }
        // Until it is committed, which may take its time, others see what is in flight.
        self.publish(&streams);
        self.sealed.push_back(Sealed { epoch, streams });
        self.epoch = epoch.next();
        self.epoch_began = now;
        self.records_in_epoch = 0;
        self.finishing = barrier.drain;
    }

    fn release_group(&mut self, group: usize, now: i64, out: &mut Vec<FromSource>) -> Result<(), Stop> {
        let group = &mut self.groups[group];
        group.refill(&mut self.intakes, now, self.max_batch, &mut self.headers, &mut self.changed)?;
        // After a crash: one record at a time, and those that crashed the process twice are set aside.
        let is_suspected = !self.suspects.is_empty();
        let max = if is_suspected { 1 } else { usize::MAX };
        self.records_in_epoch += group.choose(
            &mut self.intakes,
            now,
            max,
            self.max_batch,
            &mut self.scratch.chosen,
            &mut self.changed,
        );
        let chosen = self.scratch.chosen.iter().filter(|_| is_suspected);
        let key = chosen.filter_map(|at| self.intakes[*at].chosen_key()).next();
        self.release_rows(now, out);
        if let Some(key) = key
            && self.suspects.verdict(key) == Verdict::SetAside
            && let Some(from) = out.last_mut()
            && !from.batch.is_empty()
        {
            let reason = "it was in flight when the process or a sink broke off twice";
            from.rejects.push(Reject::new(&from.batch, 0, &code::RECORD_CRASHED, reason));
            from.batch = from.batch.clone().select(forebay_batch::Rows::Range(0, 0));
        }
        Ok(())
    }

    /// Releases what was chosen; rows of one source come in merged order. Streams are numbered source by source, so those
    /// of one source stand next to each other.
    fn release_rows(&mut self, now: i64, out: &mut Vec<FromSource>) {
        let mut at = 0;
        while let Some(first) = self.scratch.chosen.get(at).copied() {
            let node = self.intakes[first].node();
            let mut rejects = Vec::new();
            self.scratch.pieces.clear();
            while let Some(stream) = self.scratch.chosen.get(at).copied()
                && self.intakes[stream].node() == node
            {
                let released =
                    self.intakes[stream].release(now, self.epoch, &mut self.headers, &mut self.cuts);
                rejects.extend(released.rejects);
                absorb(&self.reasons, &released.batch, &released.absorbed);
                self.scratch.pieces.push(released.batch);
                at += 1;
            }
            self.merge_pieces(node, rejects, out);
        }
    }

    fn merge_pieces(&mut self, node: NodeId, rejects: Vec<Reject>, out: &mut Vec<FromSource>) {
        let Scratch { pieces, merge, rows: ring, .. } = &mut self.scratch;
        if pieces.len() > 1 && !self.gatherers.contains_key(&node) {
            // Free streams have no order among each other.
            let mut rejects = Some(rejects);
            out.extend(pieces.drain(..).map(|batch| FromSource {
                node,
                batch,
                rejects: rejects.take().unwrap_or_default(),
            }));
            return;
        }
        if pieces.len() == 1 {
            let batch = pieces.pop().expect("one piece");
            out.push(FromSource { node, batch, rejects });
            return;
        }
        let runs = gather::runs_of(merge, pieces.len(), |list| &pieces[list]);
        let rows: usize = pieces.iter().map(Batch::len).sum();
        if rows == 0 {
            out.extend(pieces.pop().map(|batch| FromSource { node, batch, rejects }));
            pieces.clear();
            return;
        }
        // Long runs are handed on as they are; short ones are copied together, so that batches stay batches.
        if runs.len() * 64 > rows {
            let gatherer =
                self.gatherers.get_mut(&node).expect("a source with several streams has a gatherer");
            let mut rejects = Some(rejects);
            gatherer.gather(pieces, |batch| {
                out.push(FromSource { node, batch, rejects: rejects.take().unwrap_or_default() });
            });
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
        for gatherer in self.gatherers.values_mut() {
            gatherer.settle();
        }
        self.cuts.settle();
        let lanes = self.step.lanes();
        let mut guard = lock(&self.guard);
        let (tallies, intakes) = (&mut self.tallies, &self.intakes);
        self.headers.settle(|settled| {
            let header = settled.header();
            let mut ends = settled.ends();
            let Some(mut last) = ends.next() else { return };
            let stream = header.origin(0).stream;
            let tally = tallies.entry(header.epoch).or_default().entry(stream).or_default();
            let source = intakes[place(stream, lanes)].node();
            let mut add = |end, count| {
                tally.add(end, count);
                guard.add(source, end, count);
            };
            let mut count = 1;
            for end in ends {
                if end == last {
                    count += 1;
                } else {
                    add(last, count);
                    (last, count) = (end, 1);
                }
            }
            add(last, count);
        });
        guard.judge(&self.wish, &self.reasons);
    }

    fn guard(&self) -> MutexGuard<'_, Guard> {
        lock(&self.guard)
    }

    /// Whether every record up to and including an epoch has ended.
    pub fn is_settled(&mut self, epoch: Epoch) -> bool {
        self.settle();
        self.headers.oldest_epoch().is_none_or(|oldest| oldest > epoch)
    }

    /// The streams that have changed in an epoch that has settled, as they are to be committed.
    pub fn settled_streams(&mut self, epoch: Epoch) -> Vec<StreamEntry> {
        let Some(sealed) = self.sealed.iter_mut().find(|sealed| sealed.epoch == epoch) else {
            return Vec::new();
        };
        for (stream, tally) in self.tallies.remove(&epoch).unwrap_or_default() {
            self.intakes[place(stream, self.step.lanes())].account.tally.merge(&tally);
        }
        let reasons = lock(&self.reasons);
        for (at, entry) in &mut sealed.streams {
            let tally = &self.intakes[*at].account.tally;
            let named = |(end, count): (End, u64)| {
                (end.fate().to_string(), reasons.name(end.reason()).to_string(), count)
            };
            entry.ends = tally.ends().map(named).collect();
            entry.lost = tally.lost;
        }
        sealed.streams.iter().map(|(_, entry)| entry.clone()).collect()
    }

    /// An epoch is durable, with the streams that were given for it.
    pub fn committed(&mut self, epoch: Epoch) {
        self.committed = epoch;
        while self.sealed.front().is_some_and(|sealed| sealed.epoch <= epoch) {
            let Some(Sealed { streams, .. }) = self.sealed.pop_front() else { break };
            for (at, entry) in &streams {
                self.last[*at] = Some(entry.clone());
            }
            self.tell_sources(&streams);
            self.publish(&streams);
        }
        self.let_go();
        self.pass();
    }

    /// Forgets suspects that every stream has passed.
    fn pass(&mut self) {
        if self.suspects.is_empty() {
            return;
        }
        // One that has nothing may never come to where another broke off.
        let stated =
            self.last.iter().zip(&self.intakes).filter_map(|(e, intake)| Some((e.as_ref()?, intake)));
        let open =
            stated.filter(|(e, intake)| e.taken < intake.taken || !(intake.has_ended() || intake.is_idle()));
        let key = open.map(|(entry, intake)| MergeKey {
            high: entry.high.unwrap_or(i64::MIN),
            stream: intake.id,
            seq: entry.seq.saturating_sub(1),
        });
        match key.min() {
            Some(key) => self.suspects.passed(key),
            None => self.suspects = Suspects::default(),
        }
        if self.suspects.is_empty()
            && let Some(file) = self.suspects_file.take().and_then(Arc::into_inner)
        {
            // Suspects that stay on file do no harm: they are passed again.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Makes all accounts visible.
    fn publish_all(&self) {
        if self.is_first() {
            self.statuses.set_past(self.past.iter().map(|entry| StreamStatus {
                source: entry.source.clone(),
                stream: entry.stream.clone(),
                taken: entry.taken,
                committed: entry.clone(),
                here: Here::Ended,
                lag: None,
            }));
        }
        self.statuses.set((0..self.intakes.len()).map(|at| (self.intakes[at].id, self.status(at))));
    }

    /// Makes the accounts of these streams visible.
    fn publish(&self, streams: &[(usize, StreamEntry)]) {
        self.statuses.set(streams.iter().map(|(at, _)| (self.intakes[*at].id, self.status(*at))));
    }

    /// Whether it hears the sources, and has what is left of earlier runs.
    fn is_first(&self) -> bool {
        self.step.lane() == 0
    }

    fn status(&self, at: usize) -> StreamStatus {
        let intake = &self.intakes[at];
        StreamStatus {
            source: intake.source.clone(),
            stream: intake.name.clone(),
            taken: intake.taken,
            committed: self.last[at].clone().unwrap_or_default(),
            here: streams::here(intake),
            lag: intake.lag(),
        }
    }
}

/// The lane of a stream, of so many that have streams.
pub fn lane_of(stream: StreamId, lanes: usize) -> usize {
    stream.0 as usize % lanes
}

/// Where a stream stands among those of its lane: a lane hears of its streams in the order of their numbers.
fn place(stream: StreamId, lanes: usize) -> usize {
    stream.0 as usize / lanes
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends rows that their source absorbs.
fn absorb(reasons: &SharedReasons, batch: &Batch, rows: &[(u32, &'static str)]) {
    if rows.is_empty() {
        return;
    }
    let mut reasons = lock(reasons);
    for (row, reason) in rows {
        batch.header().end(*row as usize, End::new(Fate::Absorbed, reasons.id(reason)));
    }
}

#[cfg(test)]
mod tests;

//! One stream of a source as the engine sees it: what was read and waits, its times, its position, its account.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use forebay_batch::{Batch, CutRing, Deadline, Header, HeaderRing, Rows, Terms, Times};
use forebay_plan::plan::{EventTimePlan, SloPlan};
use forebay_sched::ledger::Account;
use forebay_sched::merge::partition_from;
use forebay_spec::pipeline::From;
use forebay_stage::{Chunk, Fault, FaultKind, Position, Read, Reader, Refused, Reject, Stream};
use forebay_types::code;
use forebay_types::id::NodeId;
use forebay_types::unit::DurationText;
use forebay_types::{Epoch, MergeKey, StreamId};

use crate::entry::StreamEntry;
use crate::node::Stop;

/// How long a free stream of which more is on its way holds back what comes after it.
const AWAITED_NS: i64 = 100_000_000;
/// The part of a deadline that may pass in queues before a source is held back.
const PATIENCE: i64 = 4;

pub struct Intake {
    pub id: StreamId,
    pub source: String,
    pub name: String,
    /// None once the stream was let go of.
    reader: Option<Box<dyn Reader>>,
    /// What it is, as of then.
    fingerprint: String,
    /// Nothing more is taken of it, and it is let go of once everything is committed.
    closing: bool,
    /// Why it cannot go on.
    failed: Option<Fault>,
    not_after: Option<i64>,
    facts: Facts,
    chunk: Chunk,
    /// When the chunk was read, nanoseconds since 1970.
    read_at: i64,
    /// Times of each row of the chunk.
    times: Vec<Times>,
    /// The first row of the chunk that has not been released, and the first that has not been chosen to be.
    given: usize,
    next: usize,
    high: i64,
    state: Read,
    /// Since when it has had nothing although more is on its way.
    empty_since: Option<i64>,
    /// What stopped the last read; it counts once the rows before it are released.
    fault: Option<Fault>,
    /// Its records come when they are due, and not when they are asked for.
    is_paced: bool,
    /// Something was read or released since it was last put on record.
    pub is_changed: bool,
    /// After the last record that was released.
    position: Position,
    /// Highest event time up to there.
    released_high: i64,
    /// Records released over the life of the pipeline.
    pub taken: u64,
    pub account: Account,
}

/// What the plan says about a source's streams.
#[derive(Clone, Copy)]
pub struct Facts {
    pub node: NodeId,
    pub event_time: Option<EventTimePlan>,
    pub slo: Option<SloPlan>,
    /// A source that ends counts its deadlines from the read.
    pub ends: bool,
}

/// Rows that leave the intake.
pub struct Released {
    pub batch: Batch,
    pub rejects: Vec<Reject>,
    /// Rows of its header that end here, with the reason.
    pub absorbed: Vec<(u32, &'static str)>,
}

impl Intake {
    pub fn new(id: StreamId, source: String, stream: Stream, facts: Facts) -> Intake {
        Intake {
            id,
            source,
            name: stream.name,
            fingerprint: String::new(),
            reader: Some(stream.reader),
            closing: false,
            failed: None,
            not_after: stream.not_after,
            facts,
            chunk: Chunk::default(),
            read_at: 0,
            times: Vec::new(),
            given: 0,
            next: 0,
            high: i64::MIN,
            state: Read::More,
            empty_since: None,
            fault: None,
            is_paced: false,
            is_changed: false,
            position: Position::default(),
            released_high: i64::MIN,
            taken: 0,
            account: Account::default(),
        }
    }

    /// Goes to what was committed, or to the beginning.
    pub fn restore(&mut self, entry: Option<&StreamEntry>, account: Account) -> Result<(), Stop> {
        self.chunk.clear();
        self.times.clear();
        (self.given, self.next) = (0, 0);
        self.state = Read::More;
        self.fault = None;
        self.position = entry.map_or_else(Position::default, StreamEntry::position);
        self.high = entry.and_then(|entry| entry.high).unwrap_or(i64::MIN);
        self.released_high = self.high;
        // A file that has grown since was changed later than it was then.
        let before = entry.and_then(|entry| entry.not_after);
        self.not_after = self.not_after.map(|now| before.map_or(now, |before| before.max(now)));
        self.taken = account.taken;
        self.account = account;
        let sought = self.reader.as_mut().map_or(Ok(()), |reader| reader.seek(self.position));
        sought.or_else(|fault| self.broke_off(fault))
    }

    /// The stream has come back.
    pub fn reopen(&mut self, stream: Stream) {
        self.reader = Some(stream.reader);
        self.not_after = stream.not_after;
        (self.closing, self.failed) = (false, None);
    }

    /// Takes nothing more in. What was read and not released is forgotten.
    pub fn close(&mut self) {
        self.closing = true;
        self.chunk.clear();
        self.times.clear();
        (self.given, self.next) = (0, 0);
        self.state = Read::End;
        self.fault = None;
    }

    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Lets go of the stream: whoever gave it may give it to somebody else.
    pub fn let_go(&mut self) {
        self.close();
        self.closing = false;
        if let Some(reader) = self.reader.take() {
            self.fingerprint = reader.fingerprint();
        }
    }

    /// It has nothing in hand and waits for a bell.
    pub fn is_idle(&self) -> bool {
        self.state == Read::Idle && self.first_key().is_none()
    }

    /// Whether the stream is here.
    pub fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    /// The stream cannot go on: the others do.
    pub fn fail(&mut self, fault: Fault) {
        self.close();
        self.closing = false;
        self.failed = Some(fault);
    }

    pub fn failure(&self) -> Option<&Fault> {
        self.failed.as_ref()
    }

    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Whether this is still the stream that a position was saved of.
    pub fn matches(&self, fingerprint: &str) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.matches(fingerprint))
    }

    /// How many records are there and have not been read, where somebody keeps count.
    pub fn lag(&self) -> Option<Arc<AtomicU64>> {
        self.reader.as_ref().and_then(|reader| reader.lag())
    }

    pub fn node(&self) -> NodeId {
        self.facts.node
    }

    /// Reads; nothing is in hand.
    pub fn refill(&mut self, now: i64, max: usize, headers: &mut HeaderRing) -> Result<(), Stop> {
        if let Some(fault) = self.fault.take() {
            return self.broke_off(fault);
        }
        self.chunk.clear();
        (self.given, self.next) = (0, 0);
        // Most often they change hands with that header as they are.
        headers.swap_rows(&mut self.chunk.seqs, &mut self.times);
        let Some(reader) = &mut self.reader else {
            self.state = Read::End;
            return Ok(());
        };
        let read = reader.read(now, max, &mut self.chunk);
        self.stamp(now);
        if self.chunk.rows() > 0 {
            self.is_paced = !self.chunk.arrivals.is_empty();
        }
        self.empty_since = match &read {
            Ok(Read::NotBefore(_)) if self.chunk.rows() == 0 => self.empty_since.or(Some(now)),
            _ => None,
        };
        match read {
            Ok(state) => self.state = state,
            Err(fault) if self.chunk.rows() == 0 => return self.broke_off(fault),
            Err(fault) => (self.state, self.fault) = (Read::More, Some(fault)),
        }
        Ok(())
    }

    fn broke_off(&mut self, fault: Fault) -> Result<(), Stop> {
        match fault.kind {
            FaultKind::Stream => {
                self.fail(fault);
                Ok(())
            }
            _ => Err(Stop::new(self.source.clone(), fault)),
        }
    }

    /// Works out the times of the chunk's rows.
    fn stamp(&mut self, now: i64) {
        self.times.clear();
        self.read_at = now;
        let rows = self.chunk.rows();
        let absorbed = self.chunk.absorbed.iter().map(|(row, _)| *row as usize);
        let mut unread: Vec<usize> =
            self.chunk.refused.iter().map(|refused| refused.row as usize).chain(absorbed).collect();
        unread.sort_unstable();
        let mut unread = unread.into_iter().peekable();
        let columns = self.chunk.columns.clone();
        let events = self.facts.event_time.and_then(|plan| {
            let column = columns.as_ref()?.col(plan.addr).fixed::<i64>();
            Some((plan, column))
        });
        let mut ahead: Vec<Refused> = Vec::new();
        let bound = match self.not_after {
            Some(_) => "the last change of its file",
            None if self.chunk.produced.is_empty() => "its arrival",
            None => "its timestamp in the log",
        };
        for row in 0..rows {
            let arrival = self.chunk.arrivals.get(row).copied().unwrap_or(now);
            let produced = self.chunk.produced.get(row).copied();
            let latest = self.not_after.or(produced).unwrap_or(arrival);
            let bad = unread.next_if_eq(&row).is_some();
            let event = match &events {
                None => {
                    self.high = self.high.max(produced.unwrap_or(self.high));
                    latest
                }
                Some(_) if bad => self.high.max(0),
                Some((plan, column)) => {
                    let event = column[row];
                    if event > latest.saturating_add(plan.max_ahead_ns) {
                        ahead.push(from_the_future(row, event, latest, plan.max_ahead_ns, bound));
                    } else {
                        self.high = self.high.max(event);
                    }
                    event
                }
            };
            self.times.push(Times { event, high: self.high });
        }
        if !ahead.is_empty() {
            self.chunk.refused.append(&mut ahead);
            self.chunk.refused.sort_by_key(|refused| refused.row);
        }
    }

    fn terms(&self) -> Terms {
        let deadline = |slo: SloPlan| match slo.from {
            From::EventTime if !self.facts.ends => Deadline::AfterEvent(slo.deadline_ns),
            From::Produced if !self.facts.ends => Deadline::AfterProduced(slo.deadline_ns),
            _ => Deadline::AfterArrival(slo.deadline_ns),
        };
        Terms {
            out_of_order_ns: self.facts.event_time.map(|plan| plan.out_of_order_ns),
            deadline: self.facts.slo.map(deadline),
        }
    }

    /// The key that everything is above that is still to come after what is in hand; `None` where nothing is to come.
    pub fn bound(&self) -> Option<MergeKey> {
        match self.chunk.rows() {
            _ if self.state == Read::End => None,
            rows if self.next < rows => Some(self.key(rows - 1)),
            _ => {
                let seq = self.position.seq.saturating_sub(1);
                Some(MergeKey { high: self.high, stream: self.id, seq })
            }
        }
    }

    pub fn first_key(&self) -> Option<MergeKey> {
        (self.next < self.chunk.rows()).then(|| self.key(self.next))
    }

    /// Of the first row that was chosen and not handed out.
    pub fn chosen_key(&self) -> Option<MergeKey> {
        self.is_chosen().then(|| self.key(self.given))
    }

    fn key(&self, row: usize) -> MergeKey {
        MergeKey { high: self.times[row].high, stream: self.id, seq: self.chunk.seqs[row] }
    }

    /// Whether more is on its way that belongs before `high`, and is waited for.
    pub fn is_awaited(&self, now: i64, high: i64) -> bool {
        self.high < high && self.empty_since.is_some_and(|since| now - since < AWAITED_NS)
    }

    /// How many of the rows in hand come before this event time.
    pub fn rows_until(&self, high: i64) -> usize {
        partition_from(self.next, self.chunk.rows(), |row| self.times[row].high < high) - self.next
    }

    /// Whether rows were chosen that have not been released.
    pub fn is_chosen(&self) -> bool {
        self.given < self.next
    }

    /// Chooses the first row in hand and those after it that are allowed, `room` at most; says how many.
    pub fn choose(&mut self, allows: impl Fn(&MergeKey) -> bool, room: usize) -> usize {
        let end = self.chunk.rows().min(self.next + room);
        let to = partition_from(self.next, end, |row| allows(&self.key(row)));
        let count = to - self.next;
        self.next = to;
        count
    }

    /// Chooses rows in hand, `room` at most; says how many.
    pub fn choose_all(&mut self, room: usize) -> usize {
        let count = room.min(self.chunk.rows() - self.next);
        self.next += count;
        count
    }

    /// Hands out the chosen rows as a batch with a header of its own: their claim.
    pub fn release(
        &mut self,
        now: i64,
        epoch: Epoch,
        headers: &mut HeaderRing,
        cuts: &mut CutRing,
    ) -> Released {
        let (from, to) = (self.given, self.next);
        let whole = from == 0 && to == self.chunk.rows();
        // What lay in a chunk until others had caught up was not under way: its time begins now.
        let arrival = if self.waits() { now } else { self.read_at };
        let mut shell = headers.take(self.facts.node, epoch);
        let header = Arc::get_mut(&mut shell).expect("a taken header is held once");
        self.released_high = self.times[to - 1].high;
        self.position = self.chunk.position_after(to - 1);
        header.of_stream(self.id, self.terms());
        header.arrived(self.chunk.arrivals.get(from..to).unwrap_or(&[arrival]));
        header.produced(self.chunk.produced.get(from..to).unwrap_or(&[]));
        match whole {
            true => header.become_rows(&mut self.chunk.seqs, &mut self.times),
            false => header.extend(&self.chunk.seqs[from..to], &self.times[from..to]),
        }
        header.raw.become_part(&self.chunk.raw, from..to);
        let header = headers.share(shell);
        let columns = match &self.chunk.columns {
            Some(columns) if whole => columns.clone(),
            Some(columns) => cuts.cut(columns, from, to),
            None => Arc::default(),
        };
        let batch = Batch::new(header.clone(), columns);
        self.given = to;
        self.taken += (to - from) as u64;
        self.refuse(from, to, batch, &header)
    }

    /// Takes the rows that could not be read out of the batch.
    fn refuse(&mut self, from: usize, to: usize, batch: Batch, header: &Arc<Header>) -> Released {
        let is_here = |row: u32| (from..to).contains(&(row as usize));
        let refused: Vec<&Refused> =
            self.chunk.refused.iter().filter(|refused| is_here(refused.row)).collect();
        let absorbed = self.chunk.absorbed.iter().filter(|(row, _)| is_here(*row));
        let absorbed: Vec<_> = absorbed.map(|(row, reason)| (row - from as u32, *reason)).collect();
        if refused.is_empty() && absorbed.is_empty() {
            return Released { batch, rejects: Vec::new(), absorbed };
        }
        let reject = |refused: &&Refused| Reject {
            header: header.clone(),
            row: refused.row - from as u32,
            code: refused.code,
            reason: refused.reason.clone(),
        };
        let rejects: Vec<Reject> = refused.iter().map(reject).collect();
        let mut bad: Vec<u32> = rejects.iter().map(|reject| reject.row).collect();
        bad.extend(absorbed.iter().map(|(row, _)| *row));
        bad.sort_unstable();
        let mut bad = bad.into_iter().peekable();
        let good = (0..(to - from) as u32).filter(|row| {
            while bad.next_if(|bad| bad < row).is_some() {}
            bad.peek() != Some(row)
        });
        let rows = Rows::List(Arc::new(good.collect()));
        Released { batch: batch.select(rows), rejects, absorbed }
    }

    /// How old, in nanoseconds, the oldest record in flight may be for more to be read. A source that can wait is not read
    /// ahead of the deadlines of what was read: waiting in a queue would use them up. A replay at a pace does not wait.
    pub fn patience_ns(&self) -> Option<i64> {
        let slo = self.facts.slo.filter(|_| self.waits())?;
        Some(slo.deadline_ns / PATIENCE)
    }

    /// Whether its records come when they are asked for.
    fn waits(&self) -> bool {
        self.facts.ends && !self.is_paced
    }

    /// It was read to its end.
    pub fn has_ended(&self) -> bool {
        let is_whole = !self.closing && self.failed.is_none() && self.reader.is_some();
        is_whole && self.state == Read::End && self.first_key().is_none()
    }

    /// What comes after the rows in hand.
    pub fn state(&self) -> Read {
        self.state
    }

    /// The stream as of what was released so far; ends are filled in when they are known.
    pub fn entry(&self) -> StreamEntry {
        StreamEntry {
            source: self.source.clone(),
            stream: self.name.clone(),
            seq: self.position.seq,
            offset: self.position.offset,
            high: (self.released_high != i64::MIN).then_some(self.released_high),
            not_after: self.not_after,
            fingerprint: self
                .reader
                .as_ref()
                .map_or_else(|| self.fingerprint.clone(), |reader| reader.fingerprint()),
            taken: self.taken,
            ends: Vec::new(),
            lost: 0,
            ended: self.has_ended(),
        }
    }
}

/// Cut to a whole number of the largest unit that it holds twice.
fn in_one_unit(ns: i64) -> i64 {
    const SECOND: i64 = 1_000_000_000;
    let units = [86_400 * SECOND, 3_600 * SECOND, 60 * SECOND, SECOND];
    let unit = units.into_iter().find(|unit| ns >= 2 * unit).unwrap_or(SECOND);
    ns / unit * unit
}

fn from_the_future(row: usize, event: i64, latest: i64, max_ahead_ns: i64, bound: &str) -> Refused {
    let ahead = DurationText(in_one_unit(event - latest));
    let allowed = DurationText(max_ahead_ns);
    let reason = format!("its event time is {ahead} past {bound}, and `max_ahead` is {allowed}");
    Refused { row: row as u32, code: &code::RECORD_AHEAD, reason }
}

//! A node at work on one lane: filters its input, keeps out what is behind or too late, and calls its stage so that a
//! failing call does no harm.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use forebay_batch::{Batch, Builder, Col, Columns, Presence};
use forebay_expr::Program;
use forebay_sched::predict::Predictor;
use forebay_sched::suspects::Range;
use forebay_spec::pipeline::OnLate;
use forebay_stage::{
    Cx, Fault, FaultKind, Mark, Outbox, Reject, Savepoint, Sink, SinkCx, Stage, StreamNames, Turn,
};
use forebay_types::code;
use forebay_types::end::Fate;
use forebay_types::id::NodeId;
use forebay_types::{Addr, Epoch, StreamId, Ty};
use smallvec::SmallVec;

use crate::engine::panic_text;
use crate::kit::{Inboxes, Kit, range_of};
use crate::metrics::{Latency, LatencyRecorder, NodeMetrics};
use crate::skip::Left;
use crate::splice::Splicer;

/// What a node does.
pub enum Work {
    Source,
    Stage(Box<dyn Stage>),
    Sink(Box<SinkRun>),
}

pub struct SinkRun {
    pub sink: Box<dyn Sink>,
    /// Takes rejected records: what it breaks off at cannot be rejected once more.
    pub dead_letters: bool,
    /// The last epoch that was sealed: a record of it that comes now would be committed without its result.
    pub sealed: Option<Epoch>,
    /// What becomes of a result that is late.
    pub on_late: OnLates,
    pub latency: LatencyRecorder,
    pub shared_latency: Arc<Latency>,
    /// From the time that a record was written where it comes from.
    pub age: LatencyRecorder,
    pub shared_age: Arc<Latency>,
}

/// What becomes of a result that is late, by its source.
#[derive(Clone, Default)]
pub struct OnLates {
    pub sources: Arc<BTreeMap<String, OnLate>>,
    pub streams: Arc<StreamNames>,
}

impl OnLates {
    fn of(&self, stream: StreamId) -> OnLate {
        let known = || self.sources.get(&*self.streams.get(stream).source).copied();
        if self.sources.is_empty() { OnLate::Publish } else { known().unwrap_or(OnLate::Publish) }
    }
}

/// Where a batch lies, until it is taken out to be handed on. A batch is a hundred bytes of handles: it is changed where it
/// lies, and moved once, from the inbox of one node to that of the next.
pub type Slot = Option<Batch>;

/// What a node has to be handed on, beside what is in the outbox.
pub enum Handed<'s> {
    /// Nothing else.
    Outbox,
    /// The input, with what the stage added.
    Added(&'s mut Slot),
    /// Records of a port that a keyed stage does not get.
    Behind(usize, Batch),
}

/// Called after each call of a stage that worked, and for what does not go into it.
pub type HandOn<'h> = dyn FnMut(&mut Kit, Handed<'_>) + 'h;

/// A batch on its way into a port.
pub struct Arrived {
    pub port: u16,
    pub feed: u16,
    pub slot: Slot,
}

impl Arrived {
    /// The batch, before the node works on it.
    pub fn batch(&self) -> &Batch {
        lying(&self.slot)
    }
}

fn lying(slot: &Slot) -> &Batch {
    slot.as_ref().expect("a batch lies where it was put")
}

/// What every call looks at stands first and lies together: between two batches the records themselves push everything else
/// out of the cache.
#[repr(C)]
pub struct NodeRun {
    pub inbox: Vec<Arrived>,
    pub metrics: Arc<NodeMetrics>,
    pub work: Work,
    pub id: NodeId,
    /// Records that are behind go aside.
    pub keyed: bool,
    /// Keeps records beyond a call: it gets turns, and a call is not repeated on halves, since its first try may have left
    /// something.
    pub keeps: bool,
    pub skip_late: bool,
    /// Runs a model: records say which one they went through.
    pub is_model: bool,
    pub calls: u64,
    pub inputs: SmallVec<[InputRun; 1]>,
    /// By port.
    pub gives: SmallVec<[Gives; 1]>,
    /// For a stage with several feeds that adds columns.
    pub splicer: Option<Box<Splicer>>,
    /// Feeds over all ports: with more than one, batches of a round are brought into order first.
    pub feeds: usize,
    /// No order is known between its feeds: their streams are free, and no stream comes by two of them.
    pub is_free: bool,
    /// When the stage wants a turn.
    pub due: Turn,
    pub predictor: Predictor,
    pub name: Arc<str>,
    /// Types of the columns that the stage adds, for rows that it is left out for.
    pub adds: Vec<Ty>,
    /// Null columns for rows that the stage was left out for altogether.
    pub blanks: Option<Builder>,
}

/// What the plan counts on at a port: groups of a batch, and columns of the last one.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Gives {
    pub groups: usize,
    pub columns: usize,
}

#[derive(Default)]
pub struct InputRun {
    pub filter: Option<Box<Program>>,
    /// For each feed of a union where the input's columns lie in its batches; `None` where the layout is the same. Empty where
    /// it is the same for all.
    pub project: Vec<Option<Vec<Addr>>>,
    /// Types of the input's columns.
    pub types: Vec<Ty>,
}

/// Why a lane cannot go on.
#[derive(Clone, Debug)]
pub struct Stop {
    pub node: String,
    pub fault: Fault,
    /// The records that a sink broke off at: after going back they are worked on one by one.
    pub suspects: Option<Range>,
}

impl Stop {
    pub fn new(node: impl Into<String>, fault: Fault) -> Stop {
        Stop { node: node.into(), fault, suspects: None }
    }
}

/// Reading the clock takes longer than handing a batch on: after the first calls one of so many is timed and stands for the
/// others.
const TIMED_EVERY: u64 = 16;
const TIMED_FIRST: u64 = 64;

impl NodeRun {
    /// Puts a batch into the inbox. It is counted here, so that the counters are in the cache when the node works on it.
    #[inline]
    pub fn arrive(&mut self, inboxes: &mut Inboxes, arrived: Arrived) {
        self.metrics.batches.add(1);
        self.metrics.records_in.add(arrived.slot.as_ref().map_or(0, Batch::len) as u64);
        inboxes.open(&mut self.inbox).push(arrived);
    }

    /// Works on one batch; a call on halves gives several.
    pub fn work(
        &mut self,
        kit: &mut Kit,
        arrived: &mut Arrived,
        hand_on: &mut HandOn<'_>,
    ) -> Result<(), Stop> {
        let (port, feed, slot) = (usize::from(arrived.port), usize::from(arrived.feed), &mut arrived.slot);
        let Some(batch) = slot else { return Ok(()) };
        self.inputs[port].project(feed, batch);
        if !self.filter(kit, port, batch, hand_on)? || !self.keep_behind_out(kit, port, batch, hand_on) {
            return Ok(());
        }
        if self.skip_late {
            return self.call_in_time(kit, port, slot, hand_on);
        }
        self.call(kit, port, slot, hand_on)
    }

    /// Narrows the batch by the input's `where`; says whether records are left.
    fn filter(
        &mut self,
        kit: &mut Kit,
        port: usize,
        batch: &mut Batch,
        hand_on: &mut HandOn<'_>,
    ) -> Result<bool, Stop> {
        let Some(program) = &mut self.inputs[port].filter else { return Ok(true) };
        kit.outbox.clear();
        kit.mark(self.id, batch);
        let whole = &*batch;
        // A panic is a defect; the records for which it comes back one by one are set aside.
        let output = protected(|| Ok(program.eval(whole))).map_err(|fault| match &self.work {
            Work::Sink(sink) if sink.dead_letters => {
                Stop::new(&*self.name, Fault { kind: FaultKind::Fatal, ..fault })
            }
            _ => Stop { suspects: range_of(whole), ..Stop::new(&*self.name, fault) },
        })?;
        for fault in output.faults() {
            kit.outbox.rejects.push(Reject::new(batch, fault.row, fault.code, fault.text));
        }
        let (met, start) = (output.bools(), output.hull().start);
        let is_met = |row: usize| met[row - start] != 0;
        let kept = kit.rows.filter(batch.rows(), is_met);
        if kept.len() < batch.len() {
            let gone = kit.rows.filter(batch.rows(), |row| !is_met(row) && output.fault(row).is_none());
            kit.outbox.absorbed.push((batch.clone().select(gone), "where"));
        }
        hand_on(kit, Handed::Outbox);
        batch.narrow(kept);
        Ok(!batch.is_empty())
    }

    /// Keyed nodes never see records that are older than the watermark of their stream; says whether others are left.
    fn keep_behind_out(
        &mut self,
        kit: &mut Kit,
        port: usize,
        batch: &mut Batch,
        hand_on: &mut HandOn<'_>,
    ) -> bool {
        if !self.keyed || !batch.rows().iter().any(|row| batch.header().is_behind(row)) {
            return true;
        }
        let kept = kit.rows.filter(batch.rows(), |row| !batch.header().is_behind(row));
        let behind = kit.rows.filter(batch.rows(), |row| batch.header().is_behind(row));
        kit.outbox.clear();
        hand_on(kit, Handed::Behind(port, batch.clone().select(behind)));
        batch.narrow(kept);
        !batch.is_empty()
    }

    /// Leaves the stage out for records that it would make late.
    fn call_in_time(
        &mut self,
        kit: &mut Kit,
        port: usize,
        slot: &mut Slot,
        hand_on: &mut HandOn<'_>,
    ) -> Result<(), Stop> {
        let batch = lying(slot);
        let now = kit.fresh();
        let done_at = now + self.predictor.predict_ns(batch.len()) as i64;
        let header = batch.header();
        let is_late = |row: usize| header.deadline(row).is_some_and(|deadline| deadline < done_at);
        let late = kit.rows.filter(batch.rows(), is_late);
        if late.is_empty() {
            return self.call(kit, port, slot, hand_on);
        }
        for row in late.iter() {
            batch.header().set_late(row);
            if self.is_model {
                batch.header().set_unscored(row);
            }
        }
        self.metrics.skipped.add(late.len() as u64);
        let in_time = kit.rows.filter(batch.rows(), |row| !is_late(row));
        let has_time = |row: usize| header.deadline(row).is_some_and(|deadline| deadline >= now);
        if in_time.is_empty() && late.iter().any(has_time) {
            self.predictor.spare(batch.len());
        }
        let mut left = Left::new(&late);
        if !in_time.is_empty() {
            let mut in_time = Some(batch.clone().select(in_time));
            self.call(kit, port, &mut in_time, &mut |kit, handed| {
                if let Handed::Added(Some(batch)) = &handed {
                    let mut all = Some(left.put_back(batch.clone(), &mut kit.rows));
                    hand_on(kit, Handed::Added(&mut all));
                } else {
                    hand_on(kit, handed);
                }
            })?;
        }
        let rest = left.rest(&mut kit.rows);
        if !rest.is_empty() {
            let blank = self.blank(batch.header().rows());
            kit.outbox.clear();
            let mut left_out = Some(batch.clone().with(blank).select(rest));
            hand_on(kit, Handed::Added(&mut left_out));
        }
        Ok(())
    }

    /// The added columns, all null.
    fn blank(&mut self, rows: usize) -> Arc<Columns> {
        let builder = self.blanks.get_or_insert_with(|| Builder::new(&self.adds));
        builder.begin();
        for col in builder.cols() {
            (0..rows).for_each(|_| col.push_absent(Presence::Null));
        }
        builder.finish()
    }

    /// Calls the stage; a call that fails is undone and repeated on halves, down to the record at fault.
    fn call(
        &mut self,
        kit: &mut Kit,
        port: usize,
        slot: &mut Slot,
        hand_on: &mut HandOn<'_>,
    ) -> Result<(), Stop> {
        let batch = lying(slot);
        kit.outbox.clear();
        kit.mark(self.id, batch);
        self.calls += 1;
        let calls = self.calls;
        let weight = if calls <= TIMED_FIRST { 1 } else { TIMED_EVERY };
        // Which ones has to look random: calls of two ports often take turns. (The multiplier is 2^64 / φ.)
        let is_timed = weight == 1 || calls.wrapping_mul(0x9e37_79b9_7f4a_7c15) < u64::MAX / TIMED_EVERY;
        // What has a deadline is judged by what the time is, not by what it was when the round began.
        let started = match &self.work {
            Work::Sink(_) if batch.header().has_deadlines() => kit.fresh(),
            _ if is_timed => kit.fresh(),
            _ => kit.at(),
        };
        if let Err(fault) = self.try_call(kit, started, port, batch) {
            return self.call_on_halves(kit, port, batch, fault, hand_on);
        }
        if is_timed {
            let took = (kit.tick() - started).max(0) as u64;
            self.metrics.busy_ns.add(took * weight);
            self.predictor.observe(batch.len(), took);
        } else {
            kit.stale();
        }
        if self.keeps {
            self.due = Turn::Again;
        }
        if let Work::Sink(run) = &mut self.work {
            let now = kit.fresh();
            run.measure(now, batch);
        }
        match (kit.outbox.take_added(), slot.as_mut()) {
            (Some((rows, columns)), Some(batch)) => {
                batch.push(columns);
                batch.narrow(rows);
                hand_on(kit, Handed::Added(slot));
            }
            _ => hand_on(kit, Handed::Outbox),
        }
        Ok(())
    }

    /// After a call that failed.
    #[cold]
    fn call_on_halves(
        &mut self,
        kit: &mut Kit,
        port: usize,
        batch: &Batch,
        fault: Fault,
        hand_on: &mut HandOn<'_>,
    ) -> Result<(), Stop> {
        // What a sink wrote before it failed is only taken back by going back to the last commit.
        match &self.work {
            _ if fault.kind != FaultKind::Call => return Err(self.stop(fault)),
            Work::Sink(sink) if sink.dead_letters => {
                return Err(self.stop(Fault { kind: FaultKind::Fatal, ..fault }));
            }
            Work::Sink(_) => return Err(Stop { suspects: range_of(batch), ..self.stop(fault) }),
            _ if self.keeps => return Err(Stop { suspects: range_of(batch), ..self.stop(fault) }),
            _ => {}
        }
        self.metrics.failed_calls.add(1);
        kit.outbox.clear();
        let records = batch.len();
        if records > 1 {
            for (from, to) in [(0, records / 2), (records / 2, records)] {
                let half = kit.rows.part(batch.rows(), from, to);
                self.call(kit, port, &mut Some(batch.clone().select(half)), hand_on)?;
            }
            return Ok(());
        }
        let row = batch.rows().hull().start;
        kit.outbox.rejects.push(Reject::new(batch, row, fault.code, fault.message));
        hand_on(kit, Handed::Outbox);
        Ok(())
    }

    /// One call, with the state of before where it fails or panics.
    fn try_call(&mut self, kit: &mut Kit, now: i64, port: usize, batch: &Batch) -> Result<(), Fault> {
        match &mut self.work {
            Work::Source => unreachable!("nothing is handed to a source"),
            Work::Stage(stage) => {
                let saved: Option<Savepoint> = stage.state().map(|state| state.savepoint());
                let outbox = &mut kit.outbox;
                let result = protected(|| stage.push(&mut Cx::new(now, outbox), port, batch));
                let result = result.and_then(|()| keeps_word(&self.gives, &kit.outbox, Some(batch)));
                if let (Err(_), Some(saved), Some(state)) = (&result, saved, stage.state()) {
                    state.rollback(saved);
                }
                result
            }
            Work::Sink(run) => run.push(kit, now, batch, &self.metrics),
        }
    }

    /// Tells the stage about a mark.
    pub fn mark(&mut self, kit: &mut Kit, mark: Mark) -> Result<(), Stop> {
        kit.outbox.clear();
        let now = kit.tick();
        match &mut self.work {
            Work::Stage(stage) => {
                let outbox = &mut kit.outbox;
                let called = protected(|| stage.mark(&mut Cx::new(now, outbox), mark));
                called.map_err(|fault| self.stop(fault))
            }
            Work::Source | Work::Sink(_) => Ok(()),
        }
    }

    /// Whether the stage wants a turn now.
    pub fn is_due(&self, now: i64) -> bool {
        match self.due {
            Turn::Idle => false,
            Turn::Again => true,
            Turn::At(time) => time <= now,
        }
    }

    /// Gives the stage a turn without input; it says when it wants the next.
    pub fn turn(&mut self, kit: &mut Kit) -> Result<(), Stop> {
        kit.outbox.clear();
        let now = kit.tick();
        let Work::Stage(stage) = &mut self.work else { return Ok(()) };
        let outbox = &mut kit.outbox;
        let called = protected(|| stage.turn(&mut Cx::new(now, outbox)));
        self.due = called.map_err(|fault| self.stop(fault))?;
        keeps_word(&self.gives, &kit.outbox, None).map_err(|fault| self.stop(fault))
    }

    /// Back to the last commit, beside the state.
    pub fn reset(&mut self) {
        self.due = Turn::Idle;
        if let Work::Stage(stage) = &mut self.work {
            stage.reset();
        }
    }

    pub fn stop(&self, fault: Fault) -> Stop {
        Stop::new(&*self.name, fault)
    }
}

/// What is handed on has the columns that the plan counts on.
fn keeps_word(gives: &[Gives], outbox: &Outbox, input: Option<&Batch>) -> Result<(), Fault> {
    if let (Some(added), Some(input)) = (outbox.added(), input) {
        check_word(gives, 0, input.groups().len() + 1, added, input.header().rows())?;
    }
    for (port, batch) in &outbox.emitted {
        let last = batch.groups().last().expect("a batch has a group");
        check_word(gives, *port, batch.groups().len(), last, batch.header().rows())?;
    }
    Ok(())
}

#[inline]
fn check_word(gives: &[Gives], port: usize, groups: usize, last: &Columns, rows: usize) -> Result<(), Fault> {
    let promised = gives.get(port).copied().unwrap_or_default();
    let given = Gives { groups, columns: last.cols().len() };
    if given == promised && last.holds(rows) {
        return Ok(());
    }
    Err(broke_word(given, promised, rows))
}

#[cold]
fn broke_word(given: Gives, promised: Gives, rows: usize) -> Fault {
    let message = format!(
        "the stage gave out {} groups, the last of {} columns; {} and {} of {rows} rows each were promised",
        given.groups, given.columns, promised.groups, promised.columns
    );
    Fault::call(&code::STAGE_BROKE_WORD, message)
}

impl SinkRun {
    fn push(&mut self, kit: &mut Kit, now: i64, batch: &Batch, metrics: &NodeMetrics) -> Result<(), Fault> {
        let epoch = batch.header().epoch;
        if self.sealed.is_some_and(|sealed| epoch <= sealed) {
            let message =
                format!("records of epoch {} came after its end: a stage kept them over the mark", epoch.0);
            return Err(Fault::fatal(&code::STAGE_BROKE_WORD, message));
        }
        let in_time = self.judge(kit, now, batch, metrics);
        let batch = in_time.as_ref().unwrap_or(batch);
        let published = kit.end(Fate::Published, "");
        let rejects = &mut kit.outbox.rejects;
        let mut cx = SinkCx::new(now, published, rejects);
        let sink = &mut self.sink;
        protected(|| sink.push(&mut cx, batch))?;
        metrics.records_out.add(cx.count());
        // There is nobody behind it who would get them.
        if self.dead_letters
            && let Some(reject) = kit.outbox.rejects.first()
        {
            let message = format!("a dead letter cannot be written: {}", reject.reason);
            return Err(Fault::fatal(reject.code, message));
        }
        Ok(())
    }

    /// Sets `_late`, and takes late records out where the file says so.
    fn judge(&mut self, kit: &mut Kit, now: i64, batch: &Batch, metrics: &NodeMetrics) -> Option<Batch> {
        let header = batch.header();
        let is_late = |row: usize| header.deadline(row).is_some_and(|deadline| deadline < now);
        if !batch.rows().iter().any(is_late) {
            return None;
        }
        let on_late = |row: usize| self.on_late.of(header.origin(row).stream);
        let end = kit.end(Fate::Dropped, "late");
        let mut gone = false;
        for row in batch.rows().iter().filter(|row| is_late(*row)) {
            header.set_late(row);
            metrics.late.add(1);
            match on_late(row) {
                OnLate::Publish => continue,
                OnLate::Drop => {
                    metrics.dropped.add(1);
                    header.end(row, end);
                }
                OnLate::Reject => {
                    let reason = "the result came after the record's deadline";
                    kit.outbox.rejects.push(Reject::new(batch, row, &code::RECORD_LATE, reason));
                }
            }
            gone = true;
        }
        let stays = |row: usize| !is_late(row) || on_late(row) == OnLate::Publish;
        gone.then(|| batch.clone().select(kit.rows.filter(batch.rows(), stays)))
    }

    /// Records how long each record took, those too that were too late to be written; runs of the same arrival at once.
    fn measure(&mut self, now: i64, batch: &Batch) {
        let header = batch.header();
        // Of a batch either all records say when they were written or none does.
        if batch.rows().iter().next().is_some_and(|row| header.produced_at(row).is_some()) {
            for produced in batch.rows().iter().filter_map(|row| header.produced_at(row)) {
                self.age.record((now - produced).max(0) as u64, 1);
            }
        }
        let (mut arrival, mut count) = (0, 0);
        for row in batch.rows().iter() {
            if header.arrival(row) != arrival {
                if count > 0 {
                    self.latency.record((now - arrival).max(0) as u64, count);
                }
                (arrival, count) = (header.arrival(row), 0);
            }
            count += 1;
        }
        if count > 0 {
            self.latency.record((now - arrival).max(0) as u64, count);
        }
    }
}

impl InputRun {
    /// Brings a batch of a union into the input's layout; columns are shared.
    fn project(&self, feed: usize, batch: &mut Batch) {
        let Some(Some(addrs)) = self.project.get(feed) else { return };
        let col = |(addr, ty): (&Addr, &Ty)| match *addr {
            Addr::NOWHERE => Col::missing(ty, batch.header().rows()),
            addr => batch.col(addr).clone(),
        };
        let cols = addrs.iter().zip(&self.types).map(col).collect();
        batch.regroup(Arc::new(Columns::new(cols)));
    }
}

/// Calls what others wrote: a panic is a fault of the call.
pub fn protected<T>(call: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(Fault::call(&code::STAGE_PANICKED, format!("it panicked: {}", panic_text(&*panic))))
    })
}

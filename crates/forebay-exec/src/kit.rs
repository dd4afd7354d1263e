//! What all nodes of a lane share: the clock, scratch memory, the table of reasons, the crash mark.

use std::sync::{Arc, Mutex, PoisonError};

use forebay_batch::{Batch, RowsRing};
use forebay_log::mark::Slot;
use forebay_sched::ledger::Reasons;
use forebay_sched::suspects::Range;
use forebay_stage::Outbox;
use forebay_types::end::{End, Fate};
use forebay_types::id::NodeId;
use forebay_types::{MergeKey, StreamId};

use crate::clock::Clock;
use crate::node::Arrived;

/// Reasons of ends by number, for the whole pipeline.
pub type SharedReasons = Arc<Mutex<Reasons>>;

pub struct Kit {
    pub clock: Clock,
    /// What the clock said last: mostly when the call before this one ended.
    at: i64,
    /// Something that took time has been done since.
    is_stale: bool,
    pub outbox: Outbox,
    pub rows: RowsRing,
    pub inboxes: Inboxes,
    /// What the lane is working on, for the process that comes after a crash.
    slot: Option<Slot>,
    reasons: SharedReasons,
    /// Ends that this lane has used, so that the shared table is asked once for each.
    ends: Vec<(Fate, &'static str, End)>,
}

/// Memory of inboxes that are empty. A batch that goes from node to node takes turns between two of them, which stay in
/// the cache, where each node's own would have to come back into it.
#[derive(Default)]
pub struct Inboxes(Vec<Vec<Arrived>>);

impl Inboxes {
    /// The inbox with memory to be filled.
    #[inline]
    pub fn open<'i>(&mut self, inbox: &'i mut Vec<Arrived>) -> &'i mut Vec<Arrived> {
        if inbox.capacity() == 0 {
            *inbox = self.0.pop().unwrap_or_default();
        }
        inbox
    }

    /// Takes the memory of one that was worked off.
    #[inline]
    pub fn put(&mut self, mut inbox: Vec<Arrived>) {
        inbox.clear();
        self.0.push(inbox);
    }
}

impl Kit {
    pub fn new(clock: Clock, reasons: SharedReasons, rows: RowsRing) -> Kit {
        Kit {
            clock,
            at: 0,
            is_stale: true,
            outbox: Outbox::default(),
            rows,
            inboxes: Inboxes::default(),
            slot: None,
            reasons,
            ends: Vec::new(),
        }
    }

    /// Reads the clock.
    pub fn tick(&mut self) -> i64 {
        self.at = self.clock.now();
        self.is_stale = false;
        self.at
    }

    /// The time, read again where something has been done since it was read last.
    pub fn fresh(&mut self) -> i64 {
        if self.is_stale { self.tick() } else { self.at }
    }

    /// Something was done and not timed.
    pub fn stale(&mut self) {
        self.is_stale = true;
    }

    /// What the last reading was.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// The end of this fate and reason.
    pub fn end(&mut self, fate: Fate, reason: &'static str) -> End {
        if let Some((_, _, end)) = self.ends.iter().find(|(f, r, _)| *f == fate && *r == reason) {
            return *end;
        }
        let id = self.reasons.lock().unwrap_or_else(PoisonError::into_inner).id(reason);
        let end = End::new(fate, id);
        self.ends.push((fate, reason, end));
        end
    }

    /// Keeps what is said of a rejected record, as an example of its code.
    pub fn show(&self, end: End, text: &str) {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner).show(end.reason(), text);
    }

    /// Gives the lane a place to note what it is working on.
    pub fn note_in(&mut self, slot: Slot) {
        self.slot = Some(slot);
    }

    /// Notes that a node is about to work on a batch.
    pub fn mark(&mut self, node: NodeId, batch: &Batch) {
        if let Some(slot) = &mut self.slot
            && let Some(Range { first, last }) = range_of(batch)
        {
            let words = |key: MergeKey| [key.high as u64, u64::from(key.stream.0), key.seq];
            let ([a, b, c], [d, e, f]) = (words(first), words(last));
            slot.store([u64::from(node.0), a, b, c, d, e, f]);
        }
    }

    /// Notes that nothing is being worked on.
    pub fn unmark(&mut self) {
        if let Some(slot) = &mut self.slot {
            slot.clear();
        }
    }
}

/// The range of a batch's records in the order that everything is merged by; none where it has no records.
pub fn range_of(batch: &Batch) -> Option<Range> {
    let key = |row: usize| batch.header().merge_key(row);
    let hull = batch.rows().hull();
    (!hull.is_empty()).then(|| Range { first: key(hull.start), last: key(hull.end - 1) })
}

/// The node and range that a mark names.
pub fn read_mark(words: [u64; forebay_log::mark::WORDS]) -> (NodeId, Range) {
    let [node, a, b, c, d, e, f] = words;
    let key = |high: u64, stream: u64, seq: u64| MergeKey {
        high: high as i64,
        stream: StreamId(stream as u32),
        seq,
    };
    (NodeId(node as u16), Range { first: key(a, b, c), last: key(d, e, f) })
}

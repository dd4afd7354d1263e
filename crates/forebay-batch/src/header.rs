//! What every record has and no stage can remove: where it comes from, its times, its deadline, its end.
//!
//! The header of a batch is also the claim on its records: everything derived from them holds the header, and
//! the source, which keeps a clone of its own in order, sees that it is the last holder when all of it has
//! ended. A stage that makes another row space (a gather, a split) makes a header whose rows name rows of
//! their parents; ends go to the parents.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use forebay_types::end::End;
use forebay_types::id::NodeId;
use forebay_types::{Epoch, StreamId};

use crate::Buf;

/// The lineage of a record: which records of which stream it was made from, and which part of them it is.
/// With the stream's name and the header's node it is unique over the life of a pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    pub stream: StreamId,
    /// First and last sequence number within the stream, both included.
    pub first: u64,
    pub last: u64,
    /// Tells the parts of one record apart.
    pub ordinal: u32,
}

/// The bytes that records were read from, for those that will be rejected. Empty where nobody wants them.
#[derive(Debug, Default)]
pub struct Raw {
    pub buf: Buf,
    /// Byte range of each row.
    pub ranges: Vec<(u32, u32)>,
}

impl Raw {
    /// The bytes of a row, where they were kept.
    pub fn get(&self, row: usize) -> Option<&[u8]> {
        let (start, end) = *self.ranges.get(row)?;
        Some(&self.buf.bytes()[start as usize..end as usize])
    }

    /// Becomes the rows `rows` of another.
    pub fn become_part(&mut self, whole: &Raw, rows: Range<usize>) {
        self.clear();
        if !whole.ranges.is_empty() {
            self.buf = whole.buf.clone();
            self.ranges.extend_from_slice(&whole.ranges[rows]);
        }
    }

    pub fn clear(&mut self) {
        self.buf = Buf::default();
        self.ranges.clear();
    }
}

/// The times of a record, nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub event: i64,
    /// The highest event time so far in the record's stream, in log order, itself included.
    pub high: i64,
    /// `high` less the declared out-of-orderness: a record whose event time is below it is *behind*.
    pub watermark: i64,
    /// When Forebay read it.
    pub arrival: i64,
    /// By when its result has to be published; `i64::MAX` is never.
    pub deadline: i64,
}

/// The header of a row space.
#[derive(Debug, Default)]
pub struct Header {
    /// The node whose row space this is.
    pub node: NodeId,
    pub epoch: Epoch,
    pub origin: Vec<Origin>,
    pub times: Vec<Times>,
    /// The original bytes, where somebody may want them.
    pub raw: Raw,
    /// End and flags of each record, in a source's header; empty where rows have parents.
    ends: Vec<AtomicU32>,
    parents: Vec<Arc<Header>>,
    /// For each row its parent and the row there.
    parent_rows: Vec<(u32, u32)>,
}

/// Beside an end: the record was processed after its deadline or without a stage that had no time for it.
const LATE: u32 = 1 << 31;
/// A model was left out for it.
const UNSCORED: u32 = 1 << 30;

impl Header {
    pub fn rows(&self) -> usize {
        self.origin.len()
    }

    /// Adds a row of a source.
    pub fn push(&mut self, origin: Origin, times: Times) {
        self.origin.push(origin);
        self.times.push(times);
        self.ends.push(AtomicU32::new(0));
    }

    /// Adds rows of a source, all at once.
    pub fn extend(&mut self, origins: impl ExactSizeIterator<Item = Origin>, times: &[Times]) {
        debug_assert_eq!(origins.len(), times.len());
        self.origin.extend(origins);
        self.times.extend_from_slice(times);
        self.ends.resize_with(self.origin.len(), AtomicU32::default);
    }

    /// Becomes these rows of a source; `times` is left with the memory that the header had for them.
    pub fn become_rows(&mut self, origins: impl ExactSizeIterator<Item = Origin>, times: &mut Vec<Times>) {
        debug_assert!(self.times.is_empty() && origins.len() == times.len());
        self.origin.extend(origins);
        std::mem::swap(&mut self.times, times);
        self.ends.resize_with(self.origin.len(), AtomicU32::default);
    }

    /// Names a header whose rows become parents; the index is for [`push_child`](Self::push_child).
    pub fn add_parent(&mut self, parent: Arc<Header>) -> u32 {
        self.parents.push(parent);
        (self.parents.len() - 1) as u32
    }

    /// Adds a row that stands for `row` of a parent: its part number `ordinal`, 0 where it is all of it.
    pub fn push_child(&mut self, parent: u32, row: usize, ordinal: u32) {
        let from = &self.parents[parent as usize];
        let mut origin = from.origin[row];
        if ordinal != 0 {
            origin.ordinal = ordinal;
        }
        self.origin.push(origin);
        self.times.push(from.times[row]);
        self.parent_rows.push((parent, row as u32));
    }

    /// Ends a record: of several ends the worst stays.
    #[inline]
    pub fn end(&self, row: usize, end: End) {
        match self.parent_rows.get(row) {
            Some((parent, parent_row)) => self.parents[*parent as usize].end(*parent_row as usize, end),
            None => {
                let cell = &self.ends[row];
                let mut seen = cell.load(Ordering::Relaxed);
                while (seen & 0xffff) < u32::from(end.bits()) {
                    let wanted = seen & !0xffff | u32::from(end.bits());
                    match cell.compare_exchange_weak(seen, wanted, Ordering::Relaxed, Ordering::Relaxed) {
                        Ok(_) => break,
                        Err(now) => seen = now,
                    }
                }
            }
        }
    }

    /// Whether a record is older than the watermark of its stream.
    pub fn is_behind(&self, row: usize) -> bool {
        self.times[row].event < self.times[row].watermark
    }

    pub fn set_late(&self, row: usize) {
        self.set(row, LATE);
    }

    pub fn is_late(&self, row: usize) -> bool {
        self.has(row, LATE)
    }

    /// A model was left out for the record: what it says of its models is not said of this one.
    pub fn set_unscored(&self, row: usize) {
        self.set(row, UNSCORED);
    }

    pub fn is_unscored(&self, row: usize) -> bool {
        self.has(row, UNSCORED)
    }

    fn set(&self, row: usize, flag: u32) {
        match self.parent_rows.get(row) {
            Some((parent, parent_row)) => self.parents[*parent as usize].set(*parent_row as usize, flag),
            None => {
                self.ends[row].fetch_or(flag, Ordering::Relaxed);
            }
        }
    }

    fn has(&self, row: usize, flag: u32) -> bool {
        match self.parent_rows.get(row) {
            Some((parent, parent_row)) => self.parents[*parent as usize].has(*parent_row as usize, flag),
            None => self.ends[row].load(Ordering::Relaxed) & flag != 0,
        }
    }

    /// The original bytes of a row, where they were kept.
    pub fn raw_bytes(&self, row: usize) -> Option<&[u8]> {
        match self.parent_rows.get(row) {
            Some((parent, parent_row)) => self.parents[*parent as usize].raw_bytes(*parent_row as usize),
            None => self.raw.get(row),
        }
    }

    /// The place of a row in the order that everything is merged by.
    pub fn order(&self, row: usize) -> (i64, Origin) {
        (self.times[row].high, self.origin[row])
    }

    fn clear(&mut self) {
        self.origin.clear();
        self.times.clear();
        self.raw.clear();
        self.ends.clear();
        self.parents.clear();
        self.parent_rows.clear();
    }
}

/// A source header that nobody works on any more, to be counted.
pub struct Settled<'a>(&'a Header);

impl Settled<'_> {
    pub fn header(&self) -> &Header {
        self.0
    }

    /// Row by row how it ended; `None` means that somebody lost it, which is a defect.
    pub fn ends(&self) -> impl Iterator<Item = Option<End>> + '_ {
        self.0.ends.iter().map(|end| End::from_bits((end.load(Ordering::Relaxed) & 0xffff) as u16))
    }
}

/// Makes headers and, for a source, keeps those that are out in order until they have settled.
#[derive(Default)]
pub struct HeaderRing {
    out: VecDeque<Arc<Header>>,
    free: Vec<Arc<Header>>,
}

impl HeaderRing {
    /// With so many headers made beforehand, each with room for so many rows and, where they name rows of others, for so
    /// many parents: as long as no more are out at once, nothing is allocated.
    pub fn with_room(headers: usize, rows: usize, parents: usize) -> HeaderRing {
        let one = |_| {
            let mut header = Header::default();
            header.origin.reserve(rows);
            header.times.reserve(rows);
            match parents {
                0 => header.ends.reserve(rows),
                parents => {
                    header.parents.reserve(parents);
                    header.parent_rows.reserve(rows);
                }
            }
            Arc::new(header)
        };
        HeaderRing { out: VecDeque::with_capacity(headers), free: (0..headers).map(one).collect() }
    }

    /// An empty header to be filled and given to [`share`](Self::share).
    pub fn take(&mut self, node: NodeId, epoch: Epoch) -> Arc<Header> {
        let mut shell = self.free.pop().unwrap_or_default();
        let header = Arc::get_mut(&mut shell).expect("free headers are held once");
        header.node = node;
        header.epoch = epoch;
        shell
    }

    /// Swaps empty memory for times with that of the header that is taken next: it was used last, and is in the cache.
    pub fn swap_times(&mut self, times: &mut Vec<Times>) {
        times.clear();
        if let Some(header) = self.free.last_mut().and_then(Arc::get_mut) {
            std::mem::swap(&mut header.times, times);
        }
    }

    /// Keeps a clone until everybody else has dropped theirs.
    pub fn share(&mut self, header: Arc<Header>) -> Arc<Header> {
        self.out.push_back(header.clone());
        header
    }

    /// Gives the headers at the front that have settled to `count`, in order, and takes their memory back.
    pub fn settle(&mut self, mut count: impl FnMut(Settled<'_>)) {
        while let Some(front) = self.out.front_mut() {
            let Some(header) = Arc::get_mut(front) else { return };
            count(Settled(header));
            header.clear();
            self.free.extend(self.out.pop_front());
        }
    }

    /// When the oldest record arrived that is still worked on, nanoseconds since 1970.
    pub fn oldest_arrival(&self) -> Option<i64> {
        Some(self.out.front()?.times.first()?.arrival)
    }

    /// The epoch of the oldest header that is still worked on.
    pub fn oldest_epoch(&self) -> Option<Epoch> {
        self.out.front().map(|header| header.epoch)
    }
}

#[cfg(test)]
mod tests {
    use forebay_types::end::{Fate, ReasonId};

    use super::*;

    fn end(fate: Fate) -> End {
        End::new(fate, ReasonId(3))
    }

    fn header(ring: &mut HeaderRing, rows: u64) -> Arc<Header> {
        let mut header = ring.take(NodeId(0), Epoch(1));
        let inner = Arc::get_mut(&mut header).unwrap();
        for seq in 0..rows {
            let origin = Origin { stream: StreamId(2), ordinal: 0, first: seq, last: seq };
            let at = 10 + seq as i64;
            inner.push(origin, Times { event: at, high: at, watermark: at, arrival: 0, deadline: i64::MAX });
        }
        ring.share(header)
    }

    fn settled(ring: &mut HeaderRing) -> Vec<Vec<Option<Fate>>> {
        let mut all = Vec::new();
        ring.settle(|settled| all.push(settled.ends().map(|end| end.map(End::fate)).collect()));
        all
    }

    #[test]
    fn the_worst_end_stays_and_headers_settle_in_order() {
        let mut ring = HeaderRing::default();
        let (first, second) = (header(&mut ring, 2), header(&mut ring, 1));
        second.end(0, end(Fate::Published));
        drop(second);
        assert!(settled(&mut ring).is_empty(), "the first one is still held");
        let share = first.clone();
        first.end(0, end(Fate::Rejected));
        share.end(0, end(Fate::Published));
        drop(first);
        assert!(settled(&mut ring).is_empty());
        drop(share);
        assert_eq!(settled(&mut ring), [vec![Some(Fate::Rejected), None], vec![Some(Fate::Published)]]);
        assert_eq!(ring.oldest_epoch(), None);
    }

    #[test]
    fn ends_of_derived_rows_go_to_their_parents() {
        let mut ring = HeaderRing::default();
        let mut gathered = HeaderRing::default();
        let parent = header(&mut ring, 3);
        let mut child = gathered.take(NodeId(4), Epoch(1));
        let inner = Arc::get_mut(&mut child).unwrap();
        let index = inner.add_parent(parent);
        inner.push_child(index, 2, 0);
        inner.push_child(index, 0, 0);
        let child = gathered.share(child);
        assert_eq!(child.order(0).0, 12);
        child.end(0, end(Fate::Dropped));
        child.end(1, end(Fate::Absorbed));
        child.set_late(1);
        child.set_unscored(0);
        assert!(child.is_late(1) && !child.is_late(0));
        assert!(child.is_unscored(0) && !child.is_unscored(1));
        drop(child);
        assert!(settled(&mut ring).is_empty(), "the gathered header still holds its parents");
        gathered.settle(|_| {});
        assert_eq!(settled(&mut ring), [vec![Some(Fate::Absorbed), None, Some(Fate::Dropped)]]);
    }
}

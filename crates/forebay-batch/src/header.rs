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
use forebay_types::{Epoch, MergeKey, StreamId};

use crate::Buf;

/// The lineage of a record: which record of which stream it was made from. With the stream's name it is unique over the
/// life of a pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub stream: StreamId,
    /// Sequence number within the stream.
    pub seq: u64,
}

/// The bytes that records were read from, for those that will be rejected. Empty where nobody wants them.
#[derive(Debug, Default)]
pub struct Raw {
    pub buf: Buf,
    /// Byte range of each row; [`Raw::NONE`] where there were no bytes at all.
    pub ranges: Vec<(u32, u32)>,
    /// The same of each row's key; empty where the source has no keys.
    pub keys: Vec<(u32, u32)>,
}

impl Raw {
    /// The range of what is not there, which is not the same as empty.
    pub const NONE: (u32, u32) = (u32::MAX, u32::MAX);

    /// The bytes of a row, where they were kept.
    pub fn get(&self, row: usize) -> Option<&[u8]> {
        self.part(*self.ranges.get(row)?)
    }

    /// The key of a row, where it has one and it was kept.
    pub fn key(&self, row: usize) -> Option<&[u8]> {
        self.part(*self.keys.get(row)?)
    }

    fn part(&self, range: (u32, u32)) -> Option<&[u8]> {
        let (start, end) = range;
        (range != Raw::NONE).then(|| &self.buf.bytes()[start as usize..end as usize])
    }

    /// Becomes the rows `rows` of another.
    pub fn become_part(&mut self, whole: &Raw, rows: Range<usize>) {
        self.clear();
        if !whole.ranges.is_empty() {
            self.buf = whole.buf.clone();
            self.keys.extend_from_slice(whole.keys.get(rows.clone()).unwrap_or_default());
            self.ranges.extend_from_slice(&whole.ranges[rows]);
        }
    }

    pub fn clear(&mut self) {
        self.buf = Buf::default();
        self.ranges.clear();
        self.keys.clear();
    }
}

/// The times of a record, nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub event: i64,
    /// The highest event time so far in the record's stream, in log order, itself included.
    pub high: i64,
}

/// What is declared of the times of a stream's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// How far below the highest event time so far the watermark is, nanoseconds; `None` where there is no event time.
    pub out_of_order_ns: Option<i64>,
    pub deadline: Option<Deadline>,
}

/// By when the result of a record has to be published, nanoseconds after one of its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    AfterEvent(i64),
    AfterArrival(i64),
    AfterProduced(i64),
}

/// Whose records the rows are, from a row on.
#[derive(Clone, Copy, Debug, Default)]
struct Owner {
    from: usize,
    stream: StreamId,
    terms: Terms,
}

/// The header of a row space. Its rows are records of streams, a source's of one, or each of them stands for a row of a parent.
#[derive(Debug, Default)]
pub struct Header {
    /// The node whose row space this is.
    pub node: NodeId,
    pub epoch: Epoch,
    pub times: Vec<Times>,
    /// The original bytes, where somebody may want them. This and what follows up to `ends` is for rows without parents.
    pub raw: Raw,
    owner: Owner,
    /// Those after it, where rows are of several streams.
    others: Vec<Owner>,
    /// When Forebay read each record, nanoseconds since 1970: the last of these holds for all records after it too.
    arrivals: Vec<i64>,
    /// When each was written where it comes from, nanoseconds since 1970; empty where nobody said so.
    produced: Vec<i64>,
    seqs: Vec<u64>,
    /// End and flags of each record.
    ends: Vec<AtomicU32>,
    parents: Vec<Arc<Header>>,
    /// For each row its parent and the row there.
    parent_rows: Vec<(u32, u32)>,
}

/// In place of a time that is not known.
pub const UNKNOWN: i64 = i64::MIN;

/// Beside an end: the record was processed after its deadline or without a stage that had no time for it.
const LATE: u32 = 1 << 31;
/// A model was left out for it.
const UNSCORED: u32 = 1 << 30;

impl Header {
    pub fn rows(&self) -> usize {
        self.times.len()
    }

    /// Says whose records the next rows are.
    pub fn of_stream(&mut self, stream: StreamId, terms: Terms) {
        let owner = Owner { from: self.rows(), stream, terms };
        if owner.from == 0 {
            self.owner = owner;
        } else if self.others.last().unwrap_or(&self.owner).stream != stream {
            self.others.push(owner);
        }
    }

    #[inline]
    fn owner(&self, row: usize) -> &Owner {
        match self.others.partition_point(|owner| owner.from <= row) {
            0 => &self.owner,
            after => &self.others[after - 1],
        }
    }

    /// Says when the next records were read, or all that are still to come.
    pub fn arrived(&mut self, at: &[i64]) {
        self.arrivals.extend_from_slice(at);
    }

    /// Says when the next records were written where they come from: [`UNKNOWN`] for one of which that is not known, and
    /// nothing at all where it is not of any.
    pub fn produced(&mut self, at: &[i64]) {
        self.produced.extend_from_slice(at);
    }

    /// Adds a record of the stream.
    pub fn push(&mut self, seq: u64, times: Times) {
        self.extend(&[seq], &[times]);
    }

    /// Adds records of the stream, all at once.
    pub fn extend(&mut self, seqs: &[u64], times: &[Times]) {
        debug_assert_eq!(seqs.len(), times.len());
        self.seqs.extend_from_slice(seqs);
        self.times.extend_from_slice(times);
        self.ends.resize_with(self.seqs.len(), AtomicU32::default);
    }

    /// Becomes these records of the stream; `seqs` and `times` are left with the memory that the header had for them.
    pub fn become_rows(&mut self, seqs: &mut Vec<u64>, times: &mut Vec<Times>) {
        debug_assert!(self.times.is_empty() && seqs.len() == times.len());
        std::mem::swap(&mut self.seqs, seqs);
        std::mem::swap(&mut self.times, times);
        self.ends.resize_with(self.seqs.len(), AtomicU32::default);
    }

    /// Names a header whose rows become parents; the index is for [`push_child`](Self::push_child).
    pub fn add_parent(&mut self, parent: Arc<Header>) -> u32 {
        self.parents.push(parent);
        (self.parents.len() - 1) as u32
    }

    /// Adds a row that stands for `row` of a parent.
    pub fn push_child(&mut self, parent: u32, row: usize) {
        self.times.push(self.parents[parent as usize].times[row]);
        self.parent_rows.push((parent, row as u32));
    }

    /// The header and row of the record that a row stands for.
    #[inline]
    fn record(&self, row: usize) -> (&Header, usize) {
        let (mut header, mut row) = (self, row);
        while let Some((parent, parent_row)) = header.parent_rows.get(row) {
            (header, row) = (&header.parents[*parent as usize], *parent_row as usize);
        }
        (header, row)
    }

    pub fn origin(&self, row: usize) -> Origin {
        let (header, row) = self.record(row);
        Origin { stream: header.owner(row).stream, seq: header.seqs[row] }
    }

    /// The place of a row in the order that everything is merged by.
    pub fn merge_key(&self, row: usize) -> MergeKey {
        let Origin { stream, seq } = self.origin(row);
        MergeKey { high: self.times[row].high, stream, seq }
    }

    /// `high` less the declared out-of-orderness: a record whose event time is below it is *behind*.
    #[inline]
    pub fn watermark(&self, row: usize) -> i64 {
        let slack = self.terms(row).out_of_order_ns;
        slack.map_or(i64::MIN, |slack| self.times[row].high.saturating_sub(slack))
    }

    /// Whether a record is older than the watermark of its stream.
    pub fn is_behind(&self, row: usize) -> bool {
        self.times[row].event < self.watermark(row)
    }

    /// When Forebay read a record, nanoseconds since 1970.
    pub fn arrival(&self, row: usize) -> i64 {
        let (header, row) = self.record(row);
        header.arrivals.get(row).or(header.arrivals.last()).copied().unwrap_or_default()
    }

    /// When a record was written where it comes from, nanoseconds since 1970, where that is known.
    pub fn produced_at(&self, row: usize) -> Option<i64> {
        let (header, row) = self.record(row);
        header.produced.get(row).copied().filter(|at| *at != UNKNOWN)
    }

    /// By when the result of a record has to be published, nanoseconds since 1970.
    pub fn deadline(&self, row: usize) -> Option<i64> {
        Some(match self.terms(row).deadline? {
            Deadline::AfterEvent(ns) => self.times[row].event.saturating_add(ns),
            Deadline::AfterArrival(ns) => self.arrival(row).saturating_add(ns),
            Deadline::AfterProduced(ns) => {
                self.produced_at(row).unwrap_or_else(|| self.arrival(row)).saturating_add(ns)
            }
        })
    }

    /// Whether any of its rows has a deadline.
    pub fn has_deadlines(&self) -> bool {
        std::iter::once(&self.owner).chain(&self.others).any(|owner| owner.terms.deadline.is_some())
            || self.parents.iter().any(|parent| parent.has_deadlines())
    }

    /// The terms of the stream that a row's record is of.
    pub fn terms(&self, row: usize) -> Terms {
        let (header, row) = self.record(row);
        header.owner(row).terms
    }

    /// Ends a record: of several ends the worst stays.
    #[inline]
    pub fn end(&self, row: usize, end: End) {
        let (header, row) = self.record(row);
        let cell = &header.ends[row];
        let mut seen = cell.load(Ordering::Relaxed);
        while (seen & 0xffff) < u32::from(end.bits()) {
            let wanted = seen & !0xffff | u32::from(end.bits());
            match cell.compare_exchange_weak(seen, wanted, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
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
        let (header, row) = self.record(row);
        header.ends[row].fetch_or(flag, Ordering::Relaxed);
    }

    fn has(&self, row: usize, flag: u32) -> bool {
        let (header, row) = self.record(row);
        header.ends[row].load(Ordering::Relaxed) & flag != 0
    }

    /// The original bytes of a row, where they were kept.
    pub fn raw_bytes(&self, row: usize) -> Option<&[u8]> {
        let (header, row) = self.record(row);
        header.raw.get(row)
    }

    /// The key that the record came with, where it was kept.
    pub fn raw_key(&self, row: usize) -> Option<&[u8]> {
        let (header, row) = self.record(row);
        header.raw.key(row)
    }

    fn clear(&mut self) {
        self.times.clear();
        self.raw.clear();
        self.owner = Owner::default();
        self.others.clear();
        self.arrivals.clear();
        self.produced.clear();
        self.seqs.clear();
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
            header.times.reserve(rows);
            match parents {
                0 => {
                    header.raw.ranges.reserve(rows);
                    header.arrivals.reserve(rows);
                    header.seqs.reserve(rows);
                    header.ends.reserve(rows);
                }
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

    /// Swaps empty memory with that of the header that is taken next: it was used last, and is in the cache.
    pub fn swap_rows(&mut self, seqs: &mut Vec<u64>, times: &mut Vec<Times>) {
        seqs.clear();
        times.clear();
        if let Some(header) = self.free.last_mut().and_then(Arc::get_mut) {
            std::mem::swap(&mut header.seqs, seqs);
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
        Some(self.out.front()?.arrival(0))
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
        inner.of_stream(StreamId(2), Terms::default());
        for seq in 0..rows {
            let at = 10 + seq as i64;
            inner.push(seq, Times { event: at, high: at });
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
        inner.push_child(index, 2);
        inner.push_child(index, 0);
        let child = gathered.share(child);
        assert_eq!(child.merge_key(0), MergeKey { high: 12, stream: StreamId(2), seq: 2 });
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

    /// Two streams with other terms, of which one arrived row by row, in one row space and that in another one.
    #[test]
    fn derived_rows_have_origin_times_and_terms_of_their_records() {
        let mut paced = Header::default();
        let terms = Terms { out_of_order_ns: Some(3), deadline: Some(Deadline::AfterArrival(100)) };
        paced.of_stream(StreamId(1), terms);
        paced.arrived(&[50]);
        paced.push(7, Times { event: 20, high: 20 });
        paced.arrived(&[60]);
        paced.push(8, Times { event: 16, high: 20 });
        let mut read = Header::default();
        read.of_stream(StreamId(2), Terms { out_of_order_ns: None, deadline: Some(Deadline::AfterEvent(9)) });
        read.arrived(&[70]);
        read.extend(&[0, 1], &[Times { event: 30, high: 30 }, Times { event: 31, high: 31 }]);
        let mut plain = Header::default();
        plain.push(4, Times::default());
        assert!(read.has_deadlines() && !plain.has_deadlines());

        let mut merged = Header::default();
        let (paced, read) = (merged.add_parent(Arc::new(paced)), merged.add_parent(Arc::new(read)));
        [(paced, 1), (read, 1), (paced, 0)]
            .into_iter()
            .for_each(|(parent, row)| merged.push_child(parent, row));
        let mut again = Header::default();
        let (merged, plain) = (again.add_parent(Arc::new(merged)), again.add_parent(Arc::new(plain)));
        [(merged, 0), (merged, 1), (merged, 2), (plain, 0)]
            .into_iter()
            .for_each(|(p, row)| again.push_child(p, row));
        let shown = |row| {
            let Origin { stream, seq } = again.origin(row);
            let (arrival, watermark) = (again.arrival(row), again.watermark(row));
            (stream.0, seq, arrival, watermark, again.is_behind(row), again.deadline(row))
        };
        assert_eq!(shown(0), (1, 8, 60, 17, true, Some(160)));
        assert_eq!(shown(1), (2, 1, 70, i64::MIN, false, Some(40)));
        assert_eq!(shown(2), (1, 7, 50, 17, false, Some(150)));
        assert_eq!(shown(3), (0, 4, 0, i64::MIN, false, None));
        assert!(again.has_deadlines());
    }
}

//! Streams of which rows go on together: which of them to read now, which later, and whose rows come next.
//!
//! Rows of files come in one order over all streams, so a stream holds others back until it is known what it has. Streams
//! without end are free: what one of them has goes on as it comes. Where several have something, the one with the lowest event time is
//! first, so that a backlog of several topics is worked off side by side; one of which more is on its way holds those of other sources
//! back for a moment at most, and every so often it is the turn of the one that has waited longest, whatever its times are.
//!
//! There may be thousands of streams, most of which have ended or have nothing to say. A round works on those that it reads
//! and those that it releases rows of, and on no others. Each stream that has neither ended nor rows in hand stands in
//! `to_read` or in `later`, and each one that has rows in hand stands in `front`.
//!
//! How far rows may go on is worked out after reading and holds until the next time: releasing rows does not change what is
//! still to come behind them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use forebay_batch::HeaderRing;
use forebay_sched::merge::{Front, Limit};
use forebay_stage::Read;
use forebay_types::MergeKey;
use forebay_types::id::NodeId;

use crate::intake::Intake;
use crate::node::Stop;

pub struct Group {
    /// By position among all streams.
    streams: Vec<usize>,
    /// Its streams wait for nobody, and come and go.
    is_free: bool,
    front: Front<MergeKey>,
    /// Free streams with rows in hand, by the event time of the first one.
    turn: BinaryHeap<Reverse<(i64, usize)>>,
    /// The same in the order in which they came to have them; some may have given them away since.
    waiting: VecDeque<usize>,
    /// Rounds until it is the turn of the one that has waited longest.
    patience: u32,
    /// Nothing was chosen, since what is on its way comes first.
    is_held: bool,
    /// Streams with nothing in hand that may have something now.
    to_read: Vec<usize>,
    /// Streams with nothing in hand, and when there may be something.
    later: BinaryHeap<Reverse<(i64, usize)>>,
    /// Streams with nothing in hand that a bell wakes.
    idle: Vec<usize>,
    /// Streams that have not ended or have rows in hand.
    live: usize,
    sources: Vec<Member>,
}

/// How far the rows of a stream may go on.
enum Limited {
    ByKey(Limit<MergeKey>),
    ToRows(usize),
}

/// Free streams take turns in pieces of so many rows at least, where they have them.
const LEAST_ROWS: usize = 256;
/// Every so many rounds it is the turn of the free stream that has waited longest, for so many rows.
const PATIENCE: u32 = 64;
const ROWS_OUT_OF_TURN: usize = 16;

/// A source of which streams are in the group.
struct Member {
    node: NodeId,
    /// How old the oldest record in flight may be for more to be read.
    patience_ns: Option<i64>,
    /// Rows that were chosen for this round.
    chosen: usize,
}

impl Group {
    /// Of these streams, which are there from the start.
    pub fn new(streams: Vec<usize>, is_free: bool) -> Group {
        Group {
            streams,
            is_free,
            front: Front::default(),
            turn: BinaryHeap::new(),
            waiting: VecDeque::new(),
            patience: PATIENCE,
            is_held: false,
            to_read: Vec::new(),
            later: BinaryHeap::new(),
            idle: Vec::new(),
            live: 0,
            sources: Vec::new(),
        }
    }

    /// A free stream has come: it is read from now on.
    pub fn join(&mut self, at: usize, intake: &Intake) {
        self.streams.push(at);
        self.live += 1;
        self.to_read.push(at);
        self.meet(intake);
    }

    /// A free stream goes: it is neither read nor chosen any more.
    pub fn leave(&mut self, at: usize) {
        let before = self.streams.len();
        self.streams.retain(|stream| *stream != at);
        if self.streams.len() == before {
            return;
        }
        let was = self.to_read.len() + self.later.len() + self.idle.len() + self.turn.len();
        self.to_read.retain(|stream| *stream != at);
        self.later.retain(|Reverse((_, stream))| *stream != at);
        self.idle.retain(|stream| *stream != at);
        self.turn.retain(|Reverse((_, stream))| *stream != at);
        self.waiting.retain(|stream| *stream != at);
        // One that had ended stands in none of them, and is not counted.
        self.live -= was - (self.to_read.len() + self.later.len() + self.idle.len() + self.turn.len());
    }

    /// Streams that had nothing are looked at again; free ones too that were to be looked at later.
    pub fn wake(&mut self) {
        self.to_read.append(&mut self.idle);
        if self.is_free {
            self.to_read.extend(self.later.drain().map(|Reverse((_, at))| at));
        }
    }

    /// Begins anew, after every stream was set to where it goes on.
    pub fn reset(&mut self, intakes: &[Intake]) {
        self.front.clear();
        self.turn.clear();
        self.waiting.clear();
        self.later.clear();
        self.idle.clear();
        self.sources.clear();
        self.to_read.clone_from(&self.streams);
        self.to_read.retain(|at| !intakes[*at].has_failed());
        self.live = self.to_read.len();
        for at in std::mem::take(&mut self.streams) {
            let intake = &intakes[at];
            if let (false, Some(bound)) = (self.is_free, intake.bound()) {
                self.front.join(at, bound);
            }
            self.meet(intake);
            self.streams.push(at);
        }
    }

    /// The source of a stream is one of those that rows are counted of.
    fn meet(&mut self, intake: &Intake) {
        let (node, patience_ns) = (intake.node(), intake.patience_ns());
        if self.sources.iter().all(|source| source.node != node) {
            self.sources.push(Member { node, patience_ns, chosen: 0 });
        }
    }

    /// Reads from every stream that has nothing in hand and may have something. Those that gave something are noted in
    /// `changed`.
    pub fn refill(
        &mut self,
        intakes: &mut [Intake],
        now: i64,
        max: usize,
        headers: &mut HeaderRing,
        changed: &mut Vec<usize>,
    ) -> Result<(), Stop> {
        while self.later.peek().is_some_and(|Reverse((time, _))| *time <= now) {
            self.to_read.extend(self.later.pop().map(|Reverse((_, at))| at));
        }
        if !self.to_read.is_empty() {
            // A pace gives its turns in the order in which it is asked.
            self.to_read.sort_unstable();
            for index in 0..self.to_read.len() {
                let at = self.to_read[index];
                let intake = &mut intakes[at];
                intake.refill(now, max, headers)?;
                if intake.first_key().is_some() || intake.state() == Read::End {
                    note(intake, at, changed);
                }
                if intake.patience_ns().is_none() {
                    let own = self.sources.iter_mut().filter(|source| source.node == intake.node());
                    own.for_each(|source| source.patience_ns = None);
                }
            }
            let mut read = std::mem::take(&mut self.to_read);
            read.drain(..).for_each(|at| self.put(&intakes[at], at));
            // A stream that gave nothing and may have more at once is in the new list.
            read.append(&mut self.to_read);
            self.to_read = read;
        }
        if !self.is_free {
            self.front.look(|at| intakes[at].bound());
        }
        Ok(())
    }

    /// Chooses the rows that come next in merged order, `max` at most, and `batch` of each source. Streams that they are of
    /// are given in `chosen`, in ascending order, and noted in `changed`; gives how many rows they are.
    pub fn choose(
        &mut self,
        intakes: &mut [Intake],
        now: i64,
        max: usize,
        batch: usize,
        chosen: &mut Vec<usize>,
        changed: &mut Vec<usize>,
    ) -> u64 {
        let mut all = 0;
        chosen.clear();
        self.patience = self.patience.saturating_sub(1);
        self.sources.iter_mut().for_each(|source| source.chosen = 0);
        while let Some((at, limit)) = self.pop(intakes, now) {
            let intake = &mut intakes[at];
            let source = self.sources.iter_mut().find(|source| source.node == intake.node());
            let source = source.expect("the source of a stream of the group");
            let room = (max - all).min(batch - source.chosen);
            if room == 0 {
                self.put(&intakes[at], at);
                break;
            }
            if !intake.is_chosen() {
                chosen.push(at);
                note(intake, at, changed);
            }
            let count = match limit {
                Limited::ToRows(rows) => intake.choose_all(room.min(rows)),
                Limited::ByKey(limit) => intake.choose(|key| limit.allows(key), room),
            };
            source.chosen += count;
            all += count;
            self.put(&intakes[at], at);
        }
        chosen.sort_unstable();
        all as u64
    }

    /// The stream whose rows come next, and how far they may go on.
    fn pop(&mut self, intakes: &[Intake], now: i64) -> Option<(usize, Limited)> {
        if !self.is_free {
            return self.front.pop().map(|(at, limit)| (at, Limited::ByKey(limit)));
        }
        let Reverse((high, first)) = *self.turn.peek()?;
        if self.patience == 0
            && let Some(longest) = self.waiting.front().copied()
        {
            self.patience = PATIENCE;
            self.turn.retain(|Reverse((_, at))| *at != longest);
            self.waiting.pop_front();
            return Some((longest, Limited::ToRows(ROWS_OUT_OF_TURN)));
        }
        // Partitions of one source are not waited for: nothing says how their times go together.
        let node = intakes[first].node();
        let holds = |Reverse((_, at)): &Reverse<(i64, usize)>| {
            intakes[*at].node() != node && intakes[*at].is_awaited(now, high)
        };
        self.is_held = self.later.iter().any(holds);
        if self.is_held {
            return None;
        }
        self.turn.pop();
        self.waiting.retain(|at| *at != first);
        let next = self.turn.peek().map(|Reverse((high, _))| *high);
        // So far that the next one's turn comes, and a piece that is worth a batch.
        let until = next.map_or(usize::MAX, |next| intakes[first].rows_until(next).max(LEAST_ROWS));
        Some((first, Limited::ToRows(until)))
    }

    /// Notes where a stream stands that was read or of which rows were chosen.
    fn put(&mut self, intake: &Intake, at: usize) {
        match (intake.first_key(), intake.state()) {
            (Some(first), _) if self.is_free => {
                self.turn.push(Reverse((first.high, at)));
                self.waiting.push_back(at);
            }
            (Some(first), _) => self.front.wait(at, first),
            (None, Read::More) => self.to_read.push(at),
            (None, Read::NotBefore(time)) => self.later.push(Reverse((time, at))),
            (None, Read::Idle) => self.idle.push(at),
            (None, Read::End) => self.live -= 1,
        }
    }

    /// Whether rows are in hand.
    pub fn has_rows(&self) -> bool {
        !self.turn.is_empty() || self.front.first().is_some()
    }

    /// Whether a stream can be read, or has rows that need not wait for another one.
    pub fn is_due(&self, now: i64) -> bool {
        !self.to_read.is_empty()
            || self.later_at().is_some_and(|time| time <= now)
            || self.front.is_open()
            || !self.turn.is_empty() && !self.is_held
    }

    /// When the first of the streams that have nothing now may have something.
    pub fn later_at(&self) -> Option<i64> {
        self.later.peek().map(|Reverse((time, _))| *time)
    }

    /// Every stream has ended, and none has rows in hand.
    pub fn has_ended(&self) -> bool {
        self.live == 0
    }

    /// Whether streams come and go, so that its end is not the end.
    pub fn is_free(&self) -> bool {
        self.is_free
    }

    /// How old, in nanoseconds, the oldest record in flight may be for more to be read.
    pub fn patience_ns(&self) -> Option<i64> {
        self.sources.iter().filter_map(|source| source.patience_ns).min()
    }
}

/// Notes a stream that has changed, once.
fn note(intake: &mut Intake, at: usize, changed: &mut Vec<usize>) {
    if !std::mem::replace(&mut intake.is_changed, true) {
        changed.push(at);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use forebay_stage::{Chunk, Fault, Position, Reader, Stream};
    use forebay_types::StreamId;

    use super::*;
    use crate::intake::Facts;

    /// Has nothing to say, and is to be asked again after a while.
    struct Quiet {
        while_ns: i64,
        reads: Arc<AtomicU64>,
    }

    impl Reader for Quiet {
        fn read(&mut self, now: i64, _max: usize, _chunk: &mut Chunk) -> Result<Read, Fault> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            Ok(Read::NotBefore(now + self.while_ns))
        }

        fn seek(&mut self, _to: Position) -> Result<(), Fault> {
            Ok(())
        }

        fn fingerprint(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn streams_that_have_nothing_are_left_alone_until_their_time() {
        let reads = Arc::new(AtomicU64::new(0));
        let facts = Facts { node: NodeId(0), event_time: None, slo: None, ends: false };
        let intake = |at: u32| {
            let reader = Box::new(Quiet { while_ns: i64::from(at) + 1, reads: reads.clone() });
            let stream = Stream::new(at.to_string(), reader);
            Intake::new(StreamId(at), "s".into(), stream, facts)
        };
        let mut intakes: Vec<Intake> = (0..100).map(intake).collect();
        let mut group = Group::new((0..100).collect(), false);
        group.reset(&intakes);
        let (mut headers, mut changed) = (HeaderRing::default(), Vec::new());
        let mut check = |now: i64, read: u64, next: i64| {
            assert!(group.is_due(now));
            group.refill(&mut intakes, now, 9, &mut headers, &mut changed).unwrap();
            assert_eq!((reads.swap(0, Ordering::Relaxed), group.later_at()), (read, Some(next)), "at {now}");
            assert!(!group.is_due(now) && group.is_due(next) && !group.has_ended());
        };
        check(0, 100, 1);
        check(1, 1, 2);
        check(10, 10, 11);
        check(100, 100, 101);
        assert!(changed.is_empty(), "nothing has happened to them");
    }

    /// Six records, and the end.
    struct Six;

    impl Reader for Six {
        fn read(&mut self, _now: i64, _max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
            chunk.seqs.extend(0..6);
            chunk.ends.extend(1..7);
            Ok(Read::End)
        }

        fn seek(&mut self, _to: Position) -> Result<(), Fault> {
            Ok(())
        }

        fn fingerprint(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn a_round_takes_at_most_one_batch_of_each_source() {
        // Two streams of one source and one of another, in the order of their numbers.
        let check = |max: usize, batch: usize, expect: (u64, &[usize])| {
            let intake = |at: u32| {
                let facts = Facts { node: NodeId(at as u16 / 2), event_time: None, slo: None, ends: true };
                let stream = Stream::new(at.to_string(), Box::new(Six));
                Intake::new(StreamId(at), "s".into(), stream, facts)
            };
            let mut intakes: Vec<Intake> = (0..3).map(intake).collect();
            let mut group = Group::new(vec![0, 1, 2], false);
            group.reset(&intakes);
            let (mut headers, mut changed, mut chosen) = (HeaderRing::default(), Vec::new(), Vec::new());
            group.refill(&mut intakes, 0, 9, &mut headers, &mut changed).unwrap();
            let rows = group.choose(&mut intakes, 0, max, batch, &mut chosen, &mut changed);
            assert_eq!((rows, chosen.as_slice()), expect, "{max} at most, batches of {batch}");
            assert_eq!(!group.has_rows(), rows == 18, "what is left comes in the next round");
        };
        check(usize::MAX, 4, (4, &[0]));
        check(usize::MAX, 8, (8, &[0, 1]));
        check(usize::MAX, 12, (18, &[0, 1, 2]));
        check(1, 12, (1, &[0]));
    }

    /// Rows of these times, and then what is said.
    struct Timed(Vec<i64>, Read);

    impl Reader for Timed {
        fn read(&mut self, _now: i64, _max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
            let times = std::mem::take(&mut self.0);
            chunk.seqs.extend(0..times.len() as u64);
            chunk.ends.extend(1..=times.len() as u64);
            chunk.produced.extend(&times);
            Ok(if times.is_empty() { self.1 } else { Read::More })
        }

        fn seek(&mut self, _to: Position) -> Result<(), Fault> {
            Ok(())
        }

        fn fingerprint(&self) -> String {
            String::new()
        }
    }

    /// Rounds of free streams, of one source or each `apart`: which stream gave how many rows.
    fn rounds(streams: Vec<Timed>, apart: bool, now: i64, count: usize) -> Vec<String> {
        let intake = |(at, reader): (usize, Timed)| {
            let node = NodeId(if apart { at as u16 } else { 0 });
            let facts = Facts { node, event_time: None, slo: None, ends: false };
            Intake::new(StreamId(at as u32), "s".into(), Stream::new(at.to_string(), Box::new(reader)), facts)
        };
        let mut intakes: Vec<Intake> = streams.into_iter().enumerate().map(intake).collect();
        let mut group = Group::new((0..intakes.len()).collect(), true);
        group.reset(&intakes);
        let (mut headers, mut changed, mut chosen) = (HeaderRing::default(), Vec::new(), Vec::new());
        let mut cuts = forebay_batch::CutRing::default();
        let mut round = |_| {
            group.refill(&mut intakes, now, 4_096, &mut headers, &mut changed).unwrap();
            group.choose(&mut intakes, now, usize::MAX, 1_024, &mut chosen, &mut changed);
            let given = chosen.iter().map(|at| {
                let released = intakes[*at].release(now, forebay_types::Epoch(1), &mut headers, &mut cuts);
                format!("{at}: {}", released.batch.len())
            });
            given.collect::<Vec<_>>().join(", ")
        };
        (0..count).map(&mut round).collect()
    }

    #[test]
    fn free_streams_go_on_side_by_side_by_event_time_and_wait_for_none_that_has_nothing() {
        let rows = |from: i64, count: i64| (from..from + count).collect::<Vec<i64>>();
        // The second begins where the first is at its row 600, the third has nothing.
        let streams = vec![
            Timed(rows(0, 2_000), Read::Idle),
            Timed(rows(600, 300), Read::Idle),
            Timed(Vec::new(), Read::Idle),
        ];
        assert_eq!(rounds(streams, false, 0, 3), ["0: 856, 1: 168", "0: 892, 1: 132", "0: 252"]);
        // What is on its way in another source is waited for, for a moment.
        let soon = || vec![Timed(rows(600, 3), Read::Idle), Timed(Vec::new(), Read::NotBefore(1))];
        assert_eq!(rounds(soon(), true, 0, 2), ["", ""]);
        assert_eq!(rounds(soon(), false, 0, 2), ["0: 3", ""]);
    }

    #[test]
    fn a_free_stream_far_ahead_has_its_turn_every_so_often() {
        let rows = |from: i64, count: i64| (from..from + count).collect::<Vec<i64>>();
        let streams = vec![Timed(rows(0, 100_000), Read::Idle), Timed(rows(1 << 40, 100), Read::Idle)];
        let rounds = rounds(streams, false, 0, 70);
        let ahead: Vec<usize> = (0..70).filter(|round| rounds[*round].contains("1: ")).collect();
        assert_eq!(ahead.first(), Some(&63), "{rounds:?}");
        assert!(rounds[63].contains("1: 16"), "{rounds:?}");
    }
}

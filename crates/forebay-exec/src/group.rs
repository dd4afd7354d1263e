//! Streams that are merged with each other: which of them to read now, which later, and whose rows come next.
//!
//! There may be thousands of streams, most of which have ended or have nothing to say. A round works on those that it reads
//! and those that it releases rows of, and on no others. Each stream that has neither ended nor rows in hand stands in
//! `to_read` or in `later`, and each one that has rows in hand stands in `front`.
//!
//! How far rows may go on is worked out after reading and holds until the next time: releasing rows does not change what is
//! still to come behind them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use forebay_batch::HeaderRing;
use forebay_sched::merge::Front;
use forebay_stage::{Fault, Read};
use forebay_types::MergeKey;
use forebay_types::id::NodeId;

use crate::intake::Intake;

pub struct Group {
    /// By position among all streams.
    streams: Vec<usize>,
    front: Front<MergeKey>,
    /// Streams with nothing in hand that may have something now.
    to_read: Vec<usize>,
    /// Streams with nothing in hand, and when there may be something.
    later: BinaryHeap<Reverse<(i64, usize)>>,
    /// Streams that have not ended or have rows in hand.
    live: usize,
    sources: Vec<Member>,
}

/// A source of which streams are in the group.
struct Member {
    node: NodeId,
    /// How old the oldest record in flight may be for more to be read.
    patience_ns: Option<i64>,
    /// Rows that were chosen for this round.
    chosen: usize,
}

impl Group {
    pub fn new(streams: Vec<usize>) -> Group {
        Group {
            streams,
            front: Front::default(),
            to_read: Vec::new(),
            later: BinaryHeap::new(),
            live: 0,
            sources: Vec::new(),
        }
    }

    /// Begins anew, after every stream was set to where it goes on.
    pub fn reset(&mut self, intakes: &[Intake]) {
        self.front.clear();
        self.later.clear();
        self.sources.clear();
        self.to_read.clone_from(&self.streams);
        self.live = self.streams.len();
        for at in &self.streams {
            let intake = &intakes[*at];
            if let Some(bound) = intake.bound() {
                self.front.join(*at, bound);
            }
            let (node, patience_ns) = (intake.node(), intake.patience_ns());
            // Streams of one source stand next to each other.
            if self.sources.last().is_none_or(|last| last.node != node) {
                self.sources.push(Member { node, patience_ns, chosen: 0 });
            }
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
    ) -> Result<(), Fault> {
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
        self.front.look(|at| intakes[at].bound());
        Ok(())
    }

    /// Chooses the rows that come next in merged order, `max` at most, and `batch` of each source. Streams that they are of
    /// are given in `chosen`, in ascending order, and noted in `changed`; gives how many rows they are.
    pub fn choose(
        &mut self,
        intakes: &mut [Intake],
        max: usize,
        batch: usize,
        chosen: &mut Vec<usize>,
        changed: &mut Vec<usize>,
    ) -> u64 {
        let mut all = 0;
        chosen.clear();
        self.sources.iter_mut().for_each(|source| source.chosen = 0);
        while let Some((at, limit)) = self.front.pop() {
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
            let count = intake.choose(|key| limit.allows(key), room);
            source.chosen += count;
            all += count;
            self.put(&intakes[at], at);
        }
        chosen.sort_unstable();
        all as u64
    }

    /// Notes where a stream stands that was read or of which rows were chosen.
    fn put(&mut self, intake: &Intake, at: usize) {
        match (intake.first_key(), intake.state()) {
            (Some(first), _) => self.front.wait(at, first),
            (None, Read::More) => self.to_read.push(at),
            (None, Read::NotBefore(time)) => self.later.push(Reverse((time, at))),
            (None, Read::End) => self.live -= 1,
        }
    }

    /// The place of the row in hand that comes first.
    pub fn first(&self) -> Option<MergeKey> {
        self.front.first()
    }

    /// Whether a stream can be read, or has rows that need not wait for another one.
    pub fn is_due(&self, now: i64) -> bool {
        !self.to_read.is_empty() || self.later_at().is_some_and(|time| time <= now) || self.front.is_open()
    }

    /// When the first of the streams that have nothing now may have something.
    pub fn later_at(&self) -> Option<i64> {
        self.later.peek().map(|Reverse((time, _))| *time)
    }

    /// Every stream has ended, and none has rows in hand.
    pub fn has_ended(&self) -> bool {
        self.live == 0
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

    use forebay_stage::{Chunk, Position, Reader, Stream};
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
            let stream = Stream { name: at.to_string(), reader, not_after: None };
            Intake::new(StreamId(at), "s".into(), stream, facts)
        };
        let mut intakes: Vec<Intake> = (0..100).map(intake).collect();
        let mut group = Group::new((0..100).collect());
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
                let stream = Stream { name: at.to_string(), reader: Box::new(Six), not_after: None };
                Intake::new(StreamId(at), "s".into(), stream, facts)
            };
            let mut intakes: Vec<Intake> = (0..3).map(intake).collect();
            let mut group = Group::new(vec![0, 1, 2]);
            group.reset(&intakes);
            let (mut headers, mut changed, mut chosen) = (HeaderRing::default(), Vec::new(), Vec::new());
            group.refill(&mut intakes, 0, 9, &mut headers, &mut changed).unwrap();
            let rows = group.choose(&mut intakes, max, batch, &mut chosen, &mut changed);
            assert_eq!((rows, chosen.as_slice()), expect, "{max} at most, batches of {batch}");
            assert_eq!(group.first().is_none(), rows == 18, "what is left comes in the next round");
        };
        check(usize::MAX, 4, (4, &[0]));
        check(usize::MAX, 8, (8, &[0, 1]));
        check(usize::MAX, 12, (18, &[0, 1, 2]));
        check(1, 12, (1, &[0]));
    }
}

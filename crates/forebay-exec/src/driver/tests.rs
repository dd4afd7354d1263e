//! When the driver wants to be asked again, with a clock that the test sets.

use forebay_sched::ledger::Reasons;
use forebay_stage::{Chunk, Position, Read, Reader};

use super::*;
use crate::park::Parker;
use crate::steps::steps;

/// Gives a record each millisecond, like a replay at a pace.
struct Paced {
    next: u64,
}

const MS: i64 = 1_000_000;

impl Reader for Paced {
    fn read(&mut self, now: i64, _max: usize, chunk: &mut Chunk) -> Result<Read, Fault> {
        let due = |seq: u64| (seq as i64 + 1) * MS;
        while due(self.next) <= now {
            chunk.seqs.push(self.next);
            chunk.ends.push(self.next + 1);
            chunk.arrivals.push(due(self.next));
            self.next += 1;
        }
        chunk.columns = Some(Arc::default());
        Ok(Read::NotBefore(due(self.next)))
    }

    fn seek(&mut self, to: Position) -> Result<(), Fault> {
        self.next = to.seq;
        Ok(())
    }

    fn fingerprint(&self) -> String {
        String::new()
    }
}

fn driver(commit_every_ns: i64) -> Driver {
    driver_of(&[0], false, Suspects::default(), commit_every_ns)
}

/// With a stream for each of these first records.
fn driver_of(firsts: &[u64], is_free: bool, suspects: Suspects, commit_every_ns: i64) -> Driver {
    let facts = crate::intake::Facts { node: NodeId(0), event_time: None, slo: None, ends: !is_free };
    let intake = |(at, next): (usize, &u64)| {
        let stream = forebay_stage::Stream::new("s", Box::new(Paced { next: *next }));
        Intake::new(StreamId(at as u32), "a".into(), stream, facts)
    };
    Driver::new(Start {
        intakes: firsts.iter().enumerate().map(intake).collect(),
        sources: Vec::new(),
        groups: vec![Group::new((0..firsts.len()).collect(), is_free)],
        step: steps(vec![Parker::default().waker()], false).pop().expect("one lane"),
        post: Arc::new(Post::new([Parker::default().waker()].into_iter())),
        names: Arc::default(),
        gatherers: BTreeMap::new(),
        max_batch: 16,
        rounds: 2,
        commit_every_ns,
        wish: Arc::default(),
        suspects,
        suspects_file: None,
        reasons: Arc::new(std::sync::Mutex::new(Reasons::of([""]))),
        committed: Epoch(0),
        streams: BTreeMap::new(),
        now: 0,
        statuses: Arc::default(),
        guard: Arc::new(Mutex::new(Guard::new(None, std::iter::empty(), true, Arc::default()))),
    })
    .expect("a driver")
}

#[test]
fn a_round_for_its_barrier_alone_does_not_hold_back_the_next_record() {
    let mut driver = driver(3 * MS / 2);
    let mut out = Vec::new();
    let mut ask = |now: i64| {
        let next = driver.next(now, &mut out).expect("a round");
        let is_barrier = matches!(next, Next::Round(Round { barrier: Some(_), .. }));
        (out.iter().map(FromSource::records).sum::<u64>(), is_barrier, driver.wake_at(now))
    };
    assert_eq!(ask(MS), (1, false, Some(3 * MS / 2)));
    assert_eq!(ask(3 * MS / 2), (0, true, Some(2 * MS)));
    assert_eq!(ask(2 * MS), (1, false, Some(3 * MS)));
    // A look that found nothing does.
    assert_eq!(ask(2 * MS + 1), (0, false, Some(3 * MS)));
}

#[test]
fn a_pause_takes_in_nothing_and_commits_what_was_taken_in() {
    let mut driver = driver(3 * MS / 2);
    let wish = driver.wish.clone();
    let mut out = Vec::new();
    let mut ask = |now: i64| {
        let next = driver.next(now, &mut out).expect("a round");
        let barrier = match next {
            Next::Round(Round { barrier: Some(barrier), .. }) => {
                if barrier.drain {
                    "drain"
                } else {
                    "barrier"
                }
            }
            _ => "",
        };
        let records = out.iter().map(FromSource::records).sum::<u64>();
        (records, barrier, driver.wake_at(now), driver.is_due(10 * MS))
    };
    assert_eq!(ask(MS), (1, "", Some(3 * MS / 2), true));
    wish.pause();
    assert_eq!(ask(MS + 1), (0, "", Some(3 * MS / 2), true), "the epoch waits for its end");
    assert_eq!(ask(3 * MS / 2), (0, "barrier", None, false), "and then there is nothing to wake for");
    assert_eq!(ask(9 * MS), (0, "", None, false));
    wish.resume();
    assert_eq!(ask(10 * MS).0, 9, "what came meanwhile");
    wish.pause();
    wish.drain();
    wish.resume();
    wish.pause();
    assert!(wish.is_drain() && !wish.is_pause(), "a drain is never taken back");
    assert_eq!(ask(11 * MS).1, "drain");
}

#[test]
fn what_is_set_aside_is_the_record_that_is_meant_and_no_other_whose_turn_it_is() {
    // Records without a time of their own go by their streams.
    let key = |seq| MergeKey { high: i64::MIN, stream: StreamId(0), seq };
    let meant = suspects::Range { first: key(0), last: key(99) };
    let mut suspects = Suspects::default();
    (0..2).for_each(|_| suspects.crashed(&[meant]));
    // The second stream comes behind the first, and has its turn now and then all the same.
    let mut driver = driver_of(&[0, 0], true, suspects, i64::MAX / 2);
    let (mut out, mut taken) = (Vec::new(), [(0, 0); 2]);
    for _ in 0..150 {
        driver.next(700 * MS, &mut out).expect("a round");
        for from in out.drain(..) {
            let of = |batch: &Batch| batch.header().origin(0).stream.0 as usize;
            from.rejects.iter().for_each(|_| taken[of(&from.batch)].1 += 1);
            if !from.batch.is_empty() {
                taken[of(&from.batch)].0 += 1;
            }
        }
    }
    let [first, second] = taken;
    assert!(second.0 >= 2, "{taken:?}");
    assert_eq!((first, second.1), ((150 - 100 - second.0, 100), 0), "{taken:?}");
}

//! Streams that come and go, on one lane and on several: every record comes out once, those of a stream in order, and the
//! ledger says the same.

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::topic::{Topic, pile, topic};
use common::{begin, plan_of};
use forebay_exec::{Here, Options, Outcome, Running};

const KEYED: &str = "\
scale: one
delivery: { guarantee: at_least_once, commit_every: 1ms }
sources:
  a: { topic: { name: NAME }, schema: { k: i64, v: i64, ts: timestamp(ns) }, event_time: { column: ts } }
stages:
  first: { input: a, tally: { by: k } }
sinks:
  out: { input: first, piles: { name: NAME, key: k }, columns: [k, v, first_n, first_total] }
  plain: { input: a, piles: { name: NAME-plain }, columns: [k, v] }
";

/// Nothing crosses from lane to lane.
const PLAIN: &str = "\
delivery: { guarantee: at_least_once, commit_every: 1ms }
sources:
  a: { topic: { name: NAME }, schema: { k: i64, v: i64 } }
sinks:
  plain: { input: a, piles: { name: NAME-plain, key: k }, columns: [k, v] }
";

struct Run {
    name: String,
    lanes: u32,
    topic: std::sync::Arc<Topic>,
    running: Option<Running>,
}

impl Run {
    fn start(spec: &str, name: &str, lanes: u32, max_batch: usize) -> Run {
        let plan = plan_of(&spec.replace("NAME", name), lanes);
        let options = Options { retry_ns: (1_000_000, 2_000_000), max_batch, ..Options::default() };
        let running = begin(&plan, options).unwrap_or_else(|fault| panic!("{fault}"));
        Run { name: name.into(), lanes, topic: topic(name), running: Some(running) }
    }

    #[track_caller]
    fn wait(&self, what: &str, until: impl Fn() -> bool) {
        let began = Instant::now();
        while !until() {
            let streams = self.running().shared().streams.list();
            assert!(began.elapsed() < Duration::from_secs(20), "{} lanes, {what}: {streams:?}", self.lanes);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[track_caller]
    fn wait_for(&self, records: u64) {
        self.wait("records", || self.running().shared().streams.committed() >= records);
    }

    /// Lines of all lanes, by the stream that stands at the end of the second number, each in the order in which they were
    /// written.
    fn lines(&self, sink: &str) -> BTreeMap<u64, Vec<String>> {
        let mut streams = BTreeMap::new();
        for lane in 0..self.lanes {
            let pile = pile(&format!("{}{sink}", self.name), lane);
            for line in &pile.lock().unwrap().lines {
                let stream = line.split(' ').nth(1).unwrap().parse::<u64>().unwrap() % 100;
                streams.entry(stream).or_insert_with(Vec::new).push(line.clone());
            }
        }
        streams
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it has not ended")
    }

    /// What the sinks have when it has drained.
    fn end(mut self) -> (BTreeMap<u64, Vec<String>>, BTreeMap<u64, Vec<String>>) {
        let running = self.running.take().expect("it has not ended");
        running.drain();
        let shared = running.shared().clone();
        let outcome = running.wait();
        assert!(matches!(outcome, Outcome::Drained), "{outcome:?}");
        assert!(
            shared.streams.list().iter().all(|stream| stream.imbalance() == 0 && stream.in_flight() == 0)
        );
        (self.lines(""), self.lines("-plain"))
    }
}

/// What one lane gives, by stream; in what `out` has, keys of a stream may overtake each other.
fn sorted(mut lines: BTreeMap<u64, Vec<String>>) -> BTreeMap<u64, Vec<String>> {
    lines.values_mut().for_each(|lines| lines.sort());
    lines
}

/// Six streams that come one after the other while records do, and sinks that fail now and then.
fn run(
    spec: &str,
    name: &str,
    lanes: u32,
    max_batch: usize,
) -> (BTreeMap<u64, Vec<String>>, BTreeMap<u64, Vec<String>>) {
    let run = Run::start(spec, name, lanes, max_batch);
    for stream in 0..6 {
        run.topic.open(stream);
        run.topic.add(stream, 700);
        run.topic.add(0, 300);
        if stream == 3 {
            pile(&format!("{name}-plain"), lanes - 1).lock().unwrap().full = 2;
        }
        run.topic.add(stream, 100);
    }
    run.wait_for(6 * 1100);
    run.end()
}

#[test]
fn streams_over_lanes_give_what_one_lane_gives() {
    for (kind, spec) in [("keyed", KEYED), ("plain", PLAIN)] {
        let (wanted, plain) = run(spec, &format!("{kind}-one"), 1, 1024);
        let counts: Vec<usize> = plain.values().map(Vec::len).collect();
        assert_eq!(counts, [2600, 800, 800, 800, 800, 800]);
        let wanted = sorted(wanted);
        for (lanes, max_batch) in [(2, 1024), (3, 50), (4, 7)] {
            let name = format!("{kind}-{lanes}-{max_batch}");
            let (out, other) = run(spec, &name, lanes, max_batch);
            assert!(other == plain, "{name}: lines of a stream stand in its order on one lane");
            assert!(sorted(out) == wanted, "{name}");
        }
    }
}

#[test]
fn lanes_without_streams_do_not_hold_the_others_up() {
    let run = Run::start(KEYED, "few", 4, 100);
    run.topic.open(0);
    run.topic.add(0, 5000);
    run.wait_for(5000);
    let (out, plain) = run.end();
    assert_eq!((out[&0].len(), plain[&0].len()), (5000, 5000));
}

#[test]
fn a_stream_that_goes_is_committed_and_one_that_comes_back_goes_on() {
    for lanes in [1, 3] {
        let run = Run::start(KEYED, &format!("goes-{lanes}"), lanes, 100);
        (0..4).for_each(|stream| run.topic.open(stream));
        (0..4).for_each(|stream| run.topic.add(stream, 500));
        run.wait_for(2000);
        let here = |stream: usize| run.running().shared().streams.list()[stream].here.clone();
        run.topic.close(2);
        run.wait("it goes", || here(2) == Here::Moved);
        assert_eq!(run.topic.committed(2), 500);
        run.topic.add(2, 100);
        run.topic.add(3, 100);
        run.wait_for(2100);
        run.topic.open(2);
        run.wait_for(2200);
        assert!(here(2) == Here::Open);
        let (out, plain) = run.end();
        assert_eq!(plain[&2].len(), 600);
        assert_eq!(out.values().map(Vec::len).sum::<usize>(), 2200);
    }
}

#[test]
fn a_pause_holds_all_lanes() {
    let run = Run::start(KEYED, "paused", 3, 100);
    (0..3).for_each(|stream| run.topic.open(stream));
    (0..3).for_each(|stream| run.topic.add(stream, 100));
    run.wait_for(300);
    run.running().pause();
    // A round that has begun when the pause is said may still take something.
    std::thread::sleep(Duration::from_millis(20));
    (0..3).for_each(|stream| run.topic.add(stream, 100));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(run.running().shared().streams.committed(), 300);
    run.running().resume();
    run.wait_for(600);
    run.end();
}

/// Nothing says how records of two topics go together, so what meets is not cut into pieces to be put in order.
#[test]
fn batches_of_several_topics_go_on_whole() {
    let spec = "\
delivery: { guarantee: at_least_once, commit_every: 1ms }
sources:
  a: { topic: { name: NAME }, schema: { v: i64, ts: timestamp(ns) }, event_time: { column: ts } }
  b: { topic: { name: NAME-b }, schema: { v: i64, ts: timestamp(ns) }, event_time: { column: ts } }
stages:
  both: { input: [a, b], fragile: {} }
  next: { input: both, fragile: {} }
sinks:
  plain: { input: next, piles: { name: NAME-plain }, columns: [v, ts] }
";
    let name = "topics";
    for stream in 0..3 {
        topic(name).open(stream);
        topic(name).add(stream, 1000);
        topic("topics-b").open(stream);
        topic("topics-b").add(stream, 1000);
    }
    let run = Run::start(spec, name, 1, 1000);
    run.topic.add(0, 0);
    run.wait_for(6000);
    let nodes = &run.running().shared().nodes;
    let batches = nodes.iter().find(|node| &*node.name == "next").map(|node| node.metrics.batches.get());
    assert!(batches.is_some_and(|batches| batches < 100), "{batches:?}");
    run.end();
}

/// A lane that has let go of all its own records still holds, for others, what they sent it: it is committed although nothing else
/// comes.
#[test]
fn what_crosses_between_lanes_twice_is_committed_without_more_to_come() {
    let spec = "\
scale: one
delivery: { guarantee: at_least_once, commit_every: 1ms }
sources:
  a: { topic: { name: NAME }, schema: { k: i64, v: i64, ts: timestamp(ns) }, event_time: { column: ts } }
stages:
  first: { input: a, tally: { by: k } }
  second: { input: first, tally: { by: v } }
sinks:
  out: { input: second, piles: { name: NAME, key: k }, columns: [k, v] }
";
    for lanes in [2, 3] {
        let run = Run::start(spec, &format!("twice-{lanes}"), lanes, 100);
        (0..3).for_each(|stream| run.topic.open(stream));
        for turn in 1..=300 {
            run.topic.add(turn % 3, 1);
            run.wait_for(turn);
        }
        let (out, _) = run.end();
        assert_eq!(out.values().map(Vec::len).sum::<usize>(), 300);
    }
}

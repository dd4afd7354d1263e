//! Whole runs of small pipelines: what comes out, what the ledger says, and that nothing of it depends on lanes, batch sizes,
//! interruptions or faults.

mod common;

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Step, begin, counted, plan_of, shelf};
use forebay_exec::{Clock, Options, Outcome, Shared};
use proptest::prelude::*;

const TWO_KEYS: &str = "\
delivery: { guarantee: exactly_once, commit_every: 1ms }
sources:
  a: { numbers: { count: 3000, streams: 3, keys: 17 }, schema: { k: i64, v: i64, ts: timestamp(ns) }, event_time: { column: ts, out_of_order: 10s } }
stages:
  first: { input: a, tally: { by: k } }
  second: { input: first, tally: { by: first_n } }
sinks:
  out: { input: second, collect: { name: NAME }, columns: [k, v, first_n, first_total, second_n, second_total] }
  dead: { input: rejected, collect: { name: NAME-dead } }
";

fn quick() -> Options {
    Options { retry_ns: (1_000_000, 2_000_000), ..Options::default() }
}

fn run(spec: &str, name: &str, lanes: u32, options: Options) -> (Vec<String>, String) {
    let plan = plan_of(&spec.replace("NAME", name), lanes);
    let running = begin(&plan, options).unwrap_or_else(|fault| panic!("{fault}"));
    let shared = running.shared().clone();
    let outcome = running.wait();
    assert!(matches!(outcome, Outcome::Complete), "{outcome:?}");
    let lines = shelf(name).lock().unwrap_or_else(PoisonError::into_inner).lines.clone();
    (lines, ledger(&shared))
}

/// The ledger as text: per stream, in and how it ended. The equation has to hold.
fn ledger(shared: &Shared) -> String {
    let streams = shared.streams.list();
    let mut out = String::new();
    for stream in streams.iter() {
        assert_eq!(stream.imbalance(), 0, "{stream:?}");
        let ends: Vec<String> = stream
            .committed
            .ends
            .iter()
            .map(|(fate, why, count)| format!("{fate} {why} {count}").replace("  ", " "))
            .collect();
        out += &format!("{} {}: in {} = {}", stream.source, stream.stream, stream.taken, ends.join(" + "));
        out += &format!(" lost {}\n", stream.committed.lost);
    }
    out
}

#[test]
fn every_record_is_accounted_for() {
    let spec = "\
breaker: none
sources:
  a: { numbers: { count: 100, refuse_every: 10 }, schema: { k: i64, v: i64 } }
stages:
  odd: { input: a, where: 'v % 20 == 0', fragile: {} }
sinks:
  out: { input: odd, collect: { name: NAME }, columns: [v] }
  dead: { input: rejected, collect: { name: NAME-dead }, columns: [code, node, position] }
";
    let (lines, ledger) = run(spec, "account", 1, quick());
    assert_eq!(lines.len(), 50, "every tenth record is refused, and those are odd ones");
    assert_eq!(ledger, "a s0: in 100 = absorbed where 40 + published 50 + rejected FB0701 10 lost 0\n");
    let dead = shelf("account-dead").lock().unwrap().lines.clone();
    assert_eq!((dead.len(), dead[0].as_str()), (10, "FB0701 a 9"));
}

#[test]
fn a_lost_record_breaks_the_equation_and_is_counted() {
    let spec = "\
sources: { a: { numbers: { count: 50 }, schema: { v: i64 } } }
stages: { leaky: { input: a, fragile: { lose_at: [70, 80] } } }
sinks: { out: { input: leaky, collect: { name: NAME } }, dead: { input: rejected, collect: { name: NAME-dead } } }
";
    let plan = plan_of(&spec.replace("NAME", "leak"), 1);
    let running = begin(&plan, quick()).unwrap();
    let shared = running.shared().clone();
    running.wait();
    let streams = shared.streams.list();
    assert_eq!((streams[0].imbalance(), streams[0].committed.lost), (2, 2));
}

#[test]
fn a_record_that_a_stage_cannot_bear_is_rejected_alone() {
    let spec = "\
sources: { a: { numbers: { count: 1000, keys: 3 }, schema: { k: i64, v: i64, ts: timestamp(ns) }, event_time: { column: ts, out_of_order: 10s } } }
stages:
  first: { input: a, tally: { by: k } }
  weak: { input: first, fragile: { panic_at: [770], fail_at: [1230, 9990], bare_at: [2000] } }
sinks:
  out: { input: weak, collect: { name: NAME }, columns: [v, first_n] }
  dead: { input: rejected, collect: { name: NAME-dead }, columns: [code, reason, node, position] }
";
    let (lines, ledger) = run(spec, "weak", 1, quick());
    assert_eq!(lines.len(), 996);
    let ends = "published 996 + rejected FB0773 1 + rejected FB0775 1 + rejected FB0836 2";
    assert_eq!(ledger, format!("a s0: in 1000 = {ends} lost 0\n"));
    assert_eq!(
        shelf("weak-dead").lock().unwrap().lines,
        [
            "FB0773 it panicked: cannot bear 770 weak 77",
            "FB0836 cannot work with 1230 weak 123",
            "FB0775 the stage gave out 2 groups, the last of 1 columns; 3 and 0 of 1000 rows each were promised weak 200",
            "FB0836 cannot work with 9990 weak 999",
        ]
    );
}

#[test]
fn a_record_that_a_sink_cannot_bear_is_set_aside_and_all_others_are_written_once() {
    let good = TWO_KEYS.replace("columns: [k, v,", "columns: [v, k,");
    let bad = good.replace("collect: { name: NAME }", "collect: { name: NAME, panic_at: [770, 12341] }");
    let values = |lines: &[String]| -> Vec<String> {
        let mut values: Vec<String> =
            lines.iter().map(|line| line.split(' ').next().unwrap().to_string()).collect();
        values.sort();
        values
    };
    let mut wanted = values(&run(&good, "bearable", 1, quick()).0);
    wanted.retain(|value| value != "770" && value != "12341");
    for lanes in [1, 2] {
        let name = format!("unbearable-{lanes}");
        let (lines, ledger) = run(&bad, &name, lanes, quick());
        assert_eq!(values(&lines), wanted);
        assert_eq!(ledger.matches("rejected FB0774 1 ").count(), 2, "{ledger}");
    }
}

/// Time that a stage takes in a round counts in the same round, in each one.
#[test]
fn what_a_stage_made_late_is_late() {
    let spec = "\
delivery: { guarantee: at_least_once, commit_every: 1ms }
slo: { deadline: 3ms, on_late: drop }
sources: { a: { numbers: { count: 300 }, schema: { v: i64 } } }
stages:
  quick: { input: a, fragile: {} }
  slow: { input: quick, fragile: { takes_ms: 5 } }
sinks: { out: { input: slow, collect: { name: NAME }, columns: [v] } }
";
    let clock = Clock::Manual(common::HAND.clone());
    let (lines, ledger) = run(spec, "late", 1, Options { max_batch: 1, clock, ..quick() });
    assert_eq!((lines.len(), ledger.as_str()), (0, "a s0: in 300 = dropped late 300 lost 0\n"));
}

/// A stage that was slow once is left out for a while and then tried again.
#[test]
fn what_is_left_out_for_lack_of_time_is_tried_again() {
    let spec = "\
delivery: { guarantee: at_least_once, commit_every: 1ms }
slo: { deadline: 30ms }
sources: { a: { numbers: { count: 10000 }, schema: { v: i64 } } }
stages: { model: { input: a, on_late: skip, fragile: { takes_ms: 50, slow_below: 1000 } } }
sinks: { out: { input: model, collect: { name: NAME }, columns: [v] } }
";
    let plan = plan_of(&spec.replace("NAME", "again"), 1);
    let clock = Clock::Manual(common::HAND.clone());
    let running = begin(&plan, Options { max_batch: 100, clock, ..quick() }).unwrap();
    let shared = running.shared().clone();
    assert!(matches!(running.wait(), Outcome::Complete));
    let skipped = shared.missed.lock().unwrap()["model"].skipped;
    assert!((100..5_000).contains(&skipped), "{skipped} of 10,000");
}

/// What was worked on again counts once, and what runs before with the same state have counted stays.
#[test]
fn what_deadlines_did_is_counted_over_the_life_of_a_pipeline() {
    let (dir, name) = (tempfile::tempdir().unwrap(), "late-for-good");
    let late = |count: u32, faults: usize| {
        let spec = format!(
            "\
delivery: {{ guarantee: at_least_once, commit_every: 1ms }}
slo: {{ deadline: 3ms, on_late: publish }}
sources: {{ a: {{ numbers: {{ count: {count} }}, schema: {{ v: i64 }} }} }}
stages: {{ slow: {{ input: a, fragile: {{ takes_ms: 5 }} }} }}
sinks: {{ out: {{ input: slow, collect: {{ name: {name} }}, columns: [v] }} }}
"
        );
        // Some strike when an epoch is sealed, and some when records of the next one have come already.
        let shelf = shelf(name);
        shelf.lock().unwrap().full = faults;
        shelf.lock().unwrap().brittle = (faults, Step::Sync);
        let clock = Clock::Manual(common::HAND.clone());
        let state_dir = Some(dir.path().to_path_buf());
        let running =
            begin(&plan_of(&spec, 1), Options { max_batch: 1, clock, state_dir, ..quick() }).unwrap();
        let shared = running.shared().clone();
        let before = shared.missed.lock().unwrap().get("out").map_or(0, |missed| missed.late);
        assert!(matches!(running.wait(), Outcome::Complete));
        let after = shared.missed.lock().unwrap()["out"].late;
        (before, after)
    };
    assert_eq!(late(300, 2), (0, 300));
    assert_eq!(late(400, 0), (300, 400));
    assert_eq!(late(400, 0), (400, 400));
}

#[test]
fn a_panic_of_a_sink_at_a_commit_is_told_with_its_name() {
    let wanted = run(TWO_KEYS, "sound", 1, quick());
    for step in [Step::Seal, Step::Sync, Step::Committed] {
        let (brittle, broken) = (format!("brittle-{step:?}"), format!("broken-{step:?}"));
        shelf(&brittle).lock().unwrap().brittle = (3, step);
        assert_eq!(run(TWO_KEYS, &brittle, 1, quick()), wanted, "{step:?}");
        shelf(&broken).lock().unwrap().brittle = (usize::MAX, step);
        let outcome = begin(&plan_of(&TWO_KEYS.replace("NAME", &broken), 1), quick()).unwrap().wait();
        let Outcome::Failed { node, fault } = outcome else { panic!("{step:?}: {outcome:?}") };
        let told = (node.as_str(), fault.to_string());
        assert_eq!(told, ("out", "[FB0773] it panicked: the shelf breaks".into()), "{step:?}");
    }
}

/// The source says that it gives texts, and gives numbers. All are met one by one then, and none ends the lane.
#[test]
fn records_at_which_a_where_panics_are_set_aside() {
    let check = |name: &str, readers: &str| {
        let source = "sources:\n  a: { numbers: { count: 3 }, schema: { k: i64, v: string } }\n";
        let dead = "  dead: { input: rejected, collect: { name: NAME-dead }, columns: [code, position] }\n";
        let (lines, ledger) = run(&format!("{source}{readers}{dead}"), name, 1, quick());
        assert!(lines.is_empty(), "{lines:?}");
        assert_eq!(ledger, "a s0: in 3 = rejected FB0774 3 lost 0\n", "{name}");
        assert_eq!(dead_lines(name), ["FB0774 0", "FB0774 1", "FB0774 2"], "{name}");
    };
    let sink = "sinks:\n  out: { input: a, where: v == 'x', collect: { name: NAME }, columns: [k] }\n";
    check("where-sink", sink);
    let stage = "stages:\n  first: { input: a, where: v == 'x', hoard: {} }\n";
    check("where-stage", &format!("{stage}{}", sink.replace("input: a, where: v == 'x'", "input: first")));
}

#[test]
fn results_are_the_same_at_any_number_of_lanes_and_batch_size() {
    let (wanted, ledger) = run(TWO_KEYS, "lanes-1", 1, quick());
    assert_eq!(wanted.len() + dead("lanes-1"), 9000);
    for (lanes, max_batch) in [(1, 1), (1, 7), (2, 1024), (3, 100), (4, 13)] {
        let name = format!("lanes-{lanes}-{max_batch}");
        let (lines, other) = run(TWO_KEYS, &name, lanes, Options { max_batch, ..quick() });
        assert_eq!((lines, other), (wanted.clone(), ledger.clone()), "{lanes} lanes, batches of {max_batch}");
    }
}

/// Each stream is read, released and put on record when something happens to it, and not in each round.
#[test]
fn work_grows_with_the_streams_and_not_with_their_square() {
    let spec = "\
delivery: { guarantee: exactly_once, commit_every: 1ms }
sources: { a: { numbers: { count: COUNT, streams: 1000, counted: NAME }, schema: { v: i64, ts: timestamp(ns) }, event_time: { column: ts, out_of_order: 10s } } }
stages: { slow: { input: a, fragile: { takes_ms: 5 } } }
sinks: { out: { input: slow, collect: { name: NAME }, columns: [v] } }
";
    let check = |count: u64, max_batch: usize, most_rounds: u64| {
        let name = format!("streams-{count}-{max_batch}");
        let plan = plan_of(&spec.replace("NAME", &name).replace("COUNT", &count.to_string()), 1);
        let clock = Clock::Manual(common::HAND.clone());
        let running = begin(&plan, Options { max_batch, clock, ..quick() }).unwrap();
        let shared = running.shared().clone();
        assert!(matches!(running.wait(), Outcome::Complete));
        assert_eq!(shelf(&name).lock().unwrap().lines.len() as u64, 1000 * count);
        let rounds = shared.nodes.iter().find(|node| &*node.name == "out").unwrap().metrics.batches.get();
        assert!(rounds <= most_rounds, "{rounds} rounds");
        let counted = counted(&name);
        // No read is needed to hear of an end.
        assert_eq!(counted.reads.load(Ordering::Relaxed), 1000 * count.div_ceil(max_batch as u64));
        // Once at the start, and then after it was read or released.
        let stated = counted.stated.load(Ordering::Relaxed);
        assert!(stated <= 1000 * (1 + 2 * count), "{stated} entries in {rounds} rounds");
    };
    check(1, 1024, 3);
    check(1, 1, 1000);
    check(5, 2, 5000);
}

/// Commits are far apart here, and records in flight are old soon: what holds a source back has to be gone as soon as its
/// records have ended, and not when they are committed.
#[test]
fn a_run_does_not_wait_for_its_commits() {
    const FAR_APART: Duration = Duration::from_secs(10);
    for lanes in [1, 3] {
        let name = format!("unhurried-{lanes}");
        let spec = TWO_KEYS.replace(
            "exactly_once, commit_every: 1ms }",
            "at_least_once, commit_every: 10s }\nslo: { deadline: 40ms }",
        );
        let start = Instant::now();
        let (lines, _) = run(&spec, &name, lanes, Options { max_batch: 20, ..quick() });
        assert_eq!(lines.len(), 9000);
        let took = start.elapsed();
        assert!(took < FAR_APART / 2, "it took {took:?}");
    }
}

fn dead(name: &str) -> usize {
    dead_lines(name).len()
}

fn dead_lines(name: &str) -> Vec<String> {
    shelf(&format!("{name}-dead")).lock().unwrap().lines.clone()
}

#[test]
fn a_full_disk_is_waited_for_and_changes_nothing() {
    let (wanted, ledger) = run(TWO_KEYS, "roomy", 1, quick());
    for lanes in [1, 3] {
        let name = format!("full-{lanes}");
        shelf(&name).lock().unwrap().full = 3;
        let (lines, other) = run(TWO_KEYS, &name, lanes, quick());
        assert_eq!((lines.len(), other), (wanted.len(), ledger.clone()));
        assert_eq!(lines, wanted);
    }
}

/// Positions, states and sinks go back to one and the same commit.
#[test]
fn a_sink_that_fails_after_a_commit_changes_nothing() {
    let (wanted, ledger) = run(TWO_KEYS, "deft", 1, quick());
    for lanes in [1, 3] {
        let name = format!("clumsy-{lanes}");
        shelf(&name).lock().unwrap().clumsy = 3;
        let (lines, other) = run(TWO_KEYS, &name, lanes, Options { max_batch: 50, ..quick() });
        assert_eq!(other, ledger);
        assert!(lines == wanted, "the lines differ");
    }
}

/// What a stage keeps between calls is given out once, before the end of the epoch that it came in, also when the pipeline
/// goes back in between.
#[test]
fn a_stage_that_keeps_records_changes_nothing() {
    let (wanted, ledger) = run(TWO_KEYS, "not-kept", 1, quick());
    let hoarding = TWO_KEYS.replace(
        "second: { input: first, tally",
        "kept: { input: first, hoard: {} }\n  second: { input: kept, tally",
    );
    for lanes in [1, 3] {
        let name = format!("kept-{lanes}");
        shelf(&name).lock().unwrap().full = 2;
        let (lines, other) = run(&hoarding, &name, lanes, Options { max_batch: 20, ..quick() });
        assert_eq!(other, ledger);
        // Lanes give what they kept in rounds of their own choice: order between them is free.
        assert!(lines.len() == wanted.len() && (lanes > 1 || lines == wanted), "the lines differ");
    }
}

#[test]
fn a_stage_that_keeps_records_over_the_end_of_an_epoch_is_stopped() {
    let spec = TWO_KEYS.replace("tally: { by: first_n }", "hoard: { forgets_marks: 1 }");
    let spec = spec
        .replace("second_n, second_total]", "first_total]")
        .replace("first_n, first_total, ", "first_n, ");
    let plan = plan_of(&spec.replace("NAME", "forgetful"), 1);
    let outcome = begin(&plan, Options { max_batch: 10, ..quick() }).unwrap().wait();
    let Outcome::Failed { node, fault } = outcome else { panic!("{outcome:?}") };
    assert_eq!((node.as_str(), fault.code.id), ("out", "FB0775"));
}

#[test]
fn state_comes_back_from_images_and_the_log_stays_short() {
    let (dir, name) = (tempfile::tempdir().unwrap(), "images");
    // One stream: what is appended to several would have been merged with what came before.
    let first = TWO_KEYS.replace("count: 3000, streams: 3", "count: 40000, streams: 1");
    let more = first.replace("count: 40000", "count: 45000");
    let (wanted, ledger_wanted) = run(&more, "no-images", 2, quick());
    let options = |max_batch| Options {
        max_batch,
        image_after_bytes: 20_000,
        state_dir: Some(dir.path().into()),
        ..quick()
    };
    run(&first, name, 3, options(20));
    let files = || std::fs::read_dir(dir.path()).unwrap().map(Result::unwrap);
    let is =
        |end: &'static str| move |file: &std::fs::DirEntry| file.path().extension().is_some_and(|e| e == end);
    assert!(files().any(|file| is("blob")(&file)), "images were taken");
    let first = files().filter(is("log")).map(|file| file.file_name()).min().unwrap();
    assert!(
        !first.to_str().unwrap().ends_with("01.log"),
        "the beginning of the log is gone, and not {first:?} the first"
    );
    let (lines, ledger) = run(&more, name, 2, options(300));
    assert_eq!(ledger, ledger_wanted);
    assert!(lines == wanted, "the lines differ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Runs that are cut off at random moments and taken up again from the state directory, at other lane counts and batch
    /// sizes, give what one run gives.
    #[test]
    fn interruptions_change_nothing(cuts in prop::collection::vec((1u32..4, 1usize..300, 0u64..12, any::<bool>()), 1..6), id in any::<u32>()) {
        let (wanted, ledger_wanted) = run(TWO_KEYS, "whole", 1, quick());
        let name = format!("cut-{id}");
        let dir = tempfile::tempdir().unwrap();
        let state_dir = Some(dir.path().to_path_buf());
        let options = |max_batch: usize| Options { max_batch, image_after_bytes: 20_000, state_dir: state_dir.clone(), ..quick() };
        for (lanes, max_batch, wait_ms, hard) in cuts {
            let plan = plan_of(&TWO_KEYS.replace("NAME", &name), lanes);
            let running = begin(&plan, options(max_batch)).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(wait_ms));
            if hard { running.abort() } else { running.drain() }
            let outcome = running.wait();
            prop_assert!(!matches!(outcome, Outcome::Failed { .. } | Outcome::Stopped), "{outcome:?}");
        }
        let plan = plan_of(&TWO_KEYS.replace("NAME", &name), 2);
        let running = begin(&plan, options(50)).unwrap();
        let shared = running.shared().clone();
        prop_assert!(matches!(running.wait(), Outcome::Complete));
        let lines = shelf(&name).lock().unwrap().lines.clone();
        prop_assert_eq!(lines.len(), wanted.len());
        prop_assert_eq!(&lines, &wanted);
        prop_assert_eq!(ledger(&shared), ledger_wanted);
    }
}

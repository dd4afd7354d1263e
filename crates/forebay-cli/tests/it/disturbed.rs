//! Runs that are stopped, killed and crashed: what is published stays as if nothing had happened.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::desk::{Desk, Ended, Going, PIPELINE, announced, is_alive, payments, signal, wait_for};

/// A desk whose pipeline takes about two seconds for its records.
fn slow_desk() -> Desk {
    let desk = Desk::with_payments(4_000);
    desk.write("pay.yaml", &PIPELINE.replace("path: in.jsonl", "path: in.jsonl, rate: 2000/s"));
    desk
}

/// Waits until something was written.
fn under_way(desk: &Desk, run: &Going) -> u32 {
    let worker = run.worker(None);
    wait_for("output", || (desk.lines("out.jsonl") > 0).then_some(()));
    worker
}

/// What an undisturbed run gives.
fn expected() -> String {
    let desk = Desk::with_payments(4_000);
    desk.forebay("run pay.yaml").good();
    desk.read("out.jsonl")
}

#[test]
fn a_signal_drains_and_the_next_run_goes_on() {
    let desk = slow_desk();
    let run = desk.start("run pay.yaml");
    under_way(&desk, &run);
    signal(run.parent(), Signal::INT);
    let ended = run.end().good();
    assert_eq!(ended.events("draining")[0]["within_ms"], 30_000, "{}", ended.err);
    assert_eq!(ended.events("ended")[0]["outcome"], "drained", "{}", ended.err);
    assert!(desk.lines("out.jsonl") < 4_000, "it was stopped on its way");
    desk.forebay("run pay.yaml --set sources.tx.file.rate=1000000/s").good();
    assert!(desk.read("out.jsonl") == expected());
}

#[test]
fn a_drain_that_is_late_says_so() {
    let desk = slow_desk();
    let run = desk.start("run pay.yaml --drain-deadline 0");
    under_way(&desk, &run);
    signal(run.parent(), Signal::TERM);
    let ended = run.end();
    assert_eq!(ended.code, Some(4), "{}", ended.err);
    assert!(ended.err.contains("not everything was drained"), "{}", ended.err);
    desk.forebay("run pay.yaml --set sources.tx.file.rate=1000000/s").good();
    assert!(desk.read("out.jsonl") == expected());
}

#[test]
fn a_killed_worker_is_replaced_within_three_seconds() {
    let desk = slow_desk();
    // What `--fresh` forgets is forgotten once.
    let run = desk.start("run pay.yaml --fresh");
    let mut worker = under_way(&desk, &run);
    for _ in 0..2 {
        let killed = Instant::now();
        signal(worker, Signal::KILL);
        worker = run.worker(Some(worker));
        assert!(killed.elapsed() < Duration::from_secs(3));
        std::thread::sleep(Duration::from_millis(300));
    }
    let ended = run.end().good();
    let restarts = ended.events("restarted");
    assert_eq!(restarts.len(), 2, "{}", ended.err);
    assert_eq!(restarts[0]["crashed"], false);
    assert!(desk.read("out.jsonl") == expected());
    // What is said of the run is said of all of its workers.
    let started = ended.events("started");
    assert!(
        started.len() == 3 && started.iter().all(|event| event["admin"] == started[0]["admin"]),
        "{}",
        ended.err
    );
    let of_run = &ended.events("ended")[0];
    assert!(of_run["committed"] == 4_000 && of_run["seconds"].as_f64() > Some(2.0), "{of_run}");
    assert!(!ended.out.contains("of all runs"), "{}", ended.out);
}

#[test]
fn signals_at_once_are_one_and_a_later_one_ends_everything() {
    for (pause, code, outcome) in [(0, 0, "drained"), (400, 4, "aborted")] {
        let desk = slow_desk();
        // The output is a pipe that nobody reads, so that a drain does not come to its end by itself.
        let pipe = if code == 4 {
            " --to out=- --set delivery=at_least_once --set sources.tx.file.rate=1000000/s"
        } else {
            ""
        };
        let run = desk.start(&format!("run pay.yaml{pipe}"));
        run.worker(None);
        announced(&desk);
        std::thread::sleep(Duration::from_millis(300));
        signal(run.parent(), Signal::INT);
        std::thread::sleep(Duration::from_millis(pause));
        signal(run.parent(), Signal::INT);
        let ended = run.end();
        assert_eq!(ended.code, Some(code), "{}", ended.err);
        assert_eq!(ended.events("ended")[0]["outcome"], outcome, "{}", ended.err);
        assert_eq!(ended.events("draining").len(), 1, "{}", ended.err);
    }
}

/// Waits until a run has ended, without reading its outputs, which could set it going again.
fn gone_within(run: &Going, at_most: Duration) {
    let began = Instant::now();
    wait_for("the end of the run", || (!is_alive(run.parent())).then_some(()));
    assert!(began.elapsed() < at_most, "{:?}", began.elapsed());
}

fn interrupt_twice(run: &Going) {
    signal(run.parent(), Signal::INT);
    std::thread::sleep(Duration::from_millis(400));
    signal(run.parent(), Signal::INT);
}

/// Records that a run wrote to standard output; its last line may be cut.
fn ids(out: &str) -> BTreeSet<u64> {
    let lines = out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| line["id"].as_u64()).collect()
}

/// What a pipe holds.
const PIPE: u64 = 64 << 10;

#[test]
fn standard_output_that_nobody_reads_can_be_stopped_and_the_next_run_goes_on() {
    let call = "run pay.yaml --to out=- --set delivery=at_least_once --set sources.tx.file.rate=1000000/s";
    for by_deadline in [false, true] {
        let desk = slow_desk();
        let deadline = if by_deadline { " --drain-deadline 100ms" } else { "" };
        let run = desk.start(&format!("{call}{deadline}"));
        wait_for("a full pipe", || (run.unread() >= PIPE).then_some(()));
        if by_deadline {
            signal(run.parent(), Signal::INT);
        } else {
            interrupt_twice(&run);
        }
        gone_within(&run, Duration::from_millis(4_500));
        let ended = run.end();
        assert_eq!(ended.code, Some(4), "{}", ended.err);
        assert_eq!(ended.events("abandoned").len(), 1, "{}", ended.err);
        assert_eq!(ended.events("ended")[0]["outcome"], "aborted", "{}", ended.err);
        let rest = desk.forebay(call).good();
        let all: BTreeSet<u64> = ids(&ended.out).union(&ids(&rest.out)).copied().collect();
        assert!(all == (0..4_000).collect(), "{} of 4000", all.len());
    }
}

#[test]
fn a_worker_that_obeys_no_order_is_killed() {
    let desk = slow_desk();
    let run = desk.start("run pay.yaml");
    let worker = under_way(&desk, &run);
    signal(worker, Signal::STOP);
    interrupt_twice(&run);
    gone_within(&run, Duration::from_secs(8));
    assert!(!is_alive(worker));
    let ended = run.end();
    assert_eq!(ended.code, Some(4), "{}", ended.err);
    let why = &ended.events("undrained")[0]["why"];
    assert!(why.as_str().is_some_and(|why| why.contains("of the second signal and was killed")), "{why}");
    desk.forebay("run pay.yaml --set sources.tx.file.rate=1000000/s").good();
    assert!(desk.read("out.jsonl") == expected());
}

/// A desk whose pipeline reads a named pipe.
fn desk_with_pipe() -> Desk {
    let desk = Desk::with_payments(0);
    let best_effort = "spec:\n  delivery: best_effort\n";
    desk.write("pay.yaml", &PIPELINE.replace("in.jsonl", "pipe").replace("spec:\n", best_effort));
    assert!(Command::new("mkfifo").arg(desk.path("pipe")).status().expect("mkfifo").success());
    desk
}

/// What was read from it and not committed would be lost in a crash.
#[test]
fn a_named_pipe_is_not_promised_more_than_best_effort() {
    let desk = desk_with_pipe();
    for delivery in ["exactly_once", "at_least_once"] {
        let ended = desk.forebay(&format!("run pay.yaml --set delivery={delivery}"));
        assert!(ended.code == Some(1) && ended.err.contains("is read once"), "{delivery}: {}", ended.err);
        assert!(!desk.path("out.jsonl").exists() && !desk.path("out.jsonl.partial").exists());
    }
}

#[test]
fn a_fresh_run_reads_a_named_pipe_whole() {
    for fresh in ["", " --fresh"] {
        let desk = desk_with_pipe();
        let pipe = desk.path("pipe");
        let writer = std::thread::spawn(move || std::fs::write(pipe, payments(0..1_000)));
        desk.forebay(&format!("run pay.yaml{fresh}")).good();
        writer.join().expect("a writer").expect("a pipe that is read");
        assert_eq!(desk.lines("out.jsonl"), 1_000, "run{fresh}");
    }
}

#[test]
fn a_run_that_waits_for_somebody_to_write_to_its_pipe_can_be_stopped() {
    for fresh in ["", " --fresh"] {
        let desk = desk_with_pipe();
        let run = desk.start(&format!("run pay.yaml{fresh}"));
        announced(&desk);
        // It goes on waiting, and does not take the pipe for one that has ended.
        std::thread::sleep(Duration::from_millis(300));
        assert!(is_alive(run.parent()), "run{fresh}");
        signal(run.parent(), Signal::TERM);
        gone_within(&run, Duration::from_secs(3));
        let ended = run.end().good();
        assert_eq!(ended.events("ended")[0]["outcome"], "drained", "{}", ended.err);
    }
}

#[test]
fn a_crashed_worker_leaves_a_mark_and_nothing_is_lost() {
    let desk = slow_desk();
    let run = desk.start("run pay.yaml");
    let worker = under_way(&desk, &run);
    signal(worker, Signal::ABORT);
    wait_for("a mark of the crash", || desk.path("state/forebay/team/pay/suspects").exists().then_some(()));
    let ended = run.end().good();
    let restarts = ended.events("restarted");
    assert_eq!((restarts.len(), &restarts[0]["crashed"]), (1, &true.into()), "{}", ended.err);
    assert!(desk.read("out.jsonl") == expected());
}

#[test]
fn workers_that_die_without_getting_anywhere_end_the_run() {
    let desk = slow_desk();
    // The system kills whoever writes to a file, and a worker does that at its start; the parent never.
    let mut shell = Command::new("bash");
    shell.args([
        "-c",
        "ulimit -c 0 -f 0; exec \"$0\" run pay.yaml --state state",
        env!("CARGO_BIN_EXE_forebay"),
    ]);
    let ended = shell.current_dir(desk.path(".")).output().expect("bash starts");
    let ended = Ended::of(ended);
    let refused = ended.refused();
    assert_eq!(ended.code, Some(1), "{refused}");
    let why = "error[FB0842]: 8 workers crashed without anything being committed in between, the last one died by SIGXFSZ";
    assert!(refused.contains(why), "{refused}");
}

#[test]
fn a_run_that_waits_to_start_a_worker_can_be_stopped() {
    let desk = slow_desk();
    let run = desk.start("run pay.yaml");
    let mut worker = run.worker(None);
    // Each wait is twice the one before it.
    for _ in 0..4 {
        signal(worker, Signal::KILL);
        worker = run.worker(Some(worker));
    }
    signal(worker, Signal::KILL);
    wait_for("the end of the worker", || (!is_alive(worker)).then_some(()));
    let stopped = Instant::now();
    signal(run.parent(), Signal::TERM);
    let ended = run.end();
    assert_eq!(ended.code, Some(4), "{}", ended.err);
    assert!(stopped.elapsed() < Duration::from_secs(1));
    assert_eq!(ended.events("undrained").len(), 1, "{}", ended.err);
    let restarts = ended.events("restarted");
    assert!(restarts.iter().all(|event| event["why"].as_str().is_some_and(|why| why.contains("SIGKILL"))));
    desk.forebay("run pay.yaml --set sources.tx.file.rate=1000000/s").good();
    assert!(desk.read("out.jsonl") == expected());
}

#[test]
fn a_worker_without_a_parent_ends() {
    let desk = slow_desk();
    // Twenty seconds of work: what ends sooner does not end by itself.
    let run = desk.start("run pay.yaml --set sources.tx.file.rate=200/s");
    let worker = under_way(&desk, &run);
    let killed = Instant::now();
    signal(run.parent(), Signal::KILL);
    wait_for("the end of the worker", || (!is_alive(worker)).then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(5));
    drop(run);
    desk.forebay("run pay.yaml --set sources.tx.file.rate=1000000/s").good();
    assert!(desk.read("out.jsonl") == expected());
}

#[test]
fn a_second_process_on_the_same_state_is_refused() {
    let desk = slow_desk();
    // For longer than the second one waits.
    let run = desk.start("run pay.yaml --set sources.tx.file.rate=400/s");
    under_way(&desk, &run);
    let second = desk.forebay("run pay.yaml");
    assert!(second.code == Some(3) && second.refused().contains("error[FB0801]"), "{}", second.err);
    signal(run.parent(), Signal::INT);
    run.end().good();
    desk.forebay("run pay.yaml --set sources.tx.file.rate=1000000/s").good();
    assert!(desk.read("out.jsonl") == expected());
}

//! Runs that are stopped, killed and crashed: what is published stays as if nothing had happened.

use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::desk::{Desk, Going, PIPELINE, is_alive, signal, wait_for};

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
    let err = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{err}");
    assert!(err.contains("error[FB0842]: 8 workers in a row died") && err.contains("SIGXFSZ"), "{err}");
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
    let run = desk.start("run pay.yaml");
    under_way(&desk, &run);
    let second = desk.forebay("run pay.yaml");
    assert!(second.code == Some(3) && second.err.contains("error[FB0801]"), "{}", second.err);
    run.end().good();
    assert!(desk.read("out.jsonl") == expected());
}
